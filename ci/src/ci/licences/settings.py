"""The table [tool.ci.licences] of pyproject.toml; the gate is off without it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from ci import image_settings
from ci.errors import SettingsError
from ci.findings import Finding
from ci.lock import normalised
from ci.program import IMAGE
from ci.settings import FILE, HINT, TABLE, TEXT, TEXTS, key, our_tables, read_table

NAME: Final = "licences"
KNOWN: Final = f"{TABLE}.{NAME}.known"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLicence:
    """A table [tool.ci.licences.known.PACKAGE]: what the package's metadata does not say, or says wrong."""

    licence: str = key(TEXT)
    """An expression of SPDX."""

    reason: str = key(TEXT)
    """How one knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicencesSettings:
    """The table [tool.ci.licences]."""

    table: ClassVar[str] = f"{TABLE}.{NAME}"

    locks: tuple[str, ...] = key(TEXTS, ())
    """Paths of locks, beside those that images are made of."""

    allowed: tuple[str, ...] = key(TEXTS, ())
    """Identifiers of SPDX; with any, every other licence fails."""

    denied: tuple[str, ...] = key(TEXTS, ())
    """Identifiers of SPDX that fail, allowed or not."""

    python: str = key(TEXT, "3.11")
    """The version of Python whose wheels are looked at; that of the images, where there are some and it is not said."""

    python_image: str = key(TEXT, IMAGE)
    """The image that they are unpacked in."""

    known: Mapping[str, KnownLicence]
    """By the names of packages, as PEP 503 compares them."""

    variants: tuple[str, ...]
    """Paths of the locks that images are made of."""

    def fails(
        self,
        finding: Finding,  # noqa: ARG002 - as `ci.verdict.Policy` has it
    ) -> bool:
        """Return whether a finding fails, waivers aside: each does."""
        return True


def parse(text: str) -> LicencesSettings | None:
    """Read the settings from the text of a pyproject.toml, None without them. Raises SettingsError naming the key."""
    tables = our_tables(text)
    table = tables.get(NAME)
    if table is None:
        return None
    # What is no table is refused below.
    given = dict(table) if isinstance(table, dict) else table
    known = _known(given.pop("known", {})) if isinstance(given, dict) else {}
    values = read_table(LicencesSettings, given, LicencesSettings.table)
    image = image_settings.parse(text) if "image" in tables else None
    variants: tuple[str, ...] = ()
    if image is not None:
        variants = tuple(dict.fromkeys(variant.requirements for variant in image.variants))
        # What they are made of is what is given on.
        values = {"python": image.python, **values}
    if not (variants or values.get("locks")):
        raise SettingsError(
            f"{LicencesSettings.table}.locks in {FILE} names no lock, and no image is made of one",
            "Name the locks whose packages are to be looked at.",
        )
    return LicencesSettings(**values, known=known, variants=variants)


def _known(tables: Any) -> dict[str, KnownLicence]:  # noqa: ANN401 - as TOML gives it
    if not isinstance(tables, dict):
        raise SettingsError(f"{KNOWN} in {FILE} has to be tables: [{KNOWN}.PACKAGE] for each", HINT)
    return {
        normalised(name): KnownLicence(**read_table(KnownLicence, table, f"{KNOWN}.{name}"))
        for name, table in tables.items()
    }
