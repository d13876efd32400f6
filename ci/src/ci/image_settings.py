"""The table [tool.ci.image] of pyproject.toml: what images are made of, and what they say of themselves."""

from dataclasses import dataclass
from typing import Any, Final

from ci import settings
from ci.errors import SettingsError
from ci.settings import (
    FILE,
    PATH,
    SOME_TEXTS,
    TABLE,
    TEXT,
    TEXTS,
    VARIABLES,
    Kind,
    key,
    read_table,
)

IMAGE_TABLE: Final = f"{TABLE}.image"
ARTIFACT_TABLE: Final = f"{IMAGE_TABLE}.artifact"
VARIANTS_TABLE: Final = f"{IMAGE_TABLE}.variants"

_PORTS: Final = 65535
_IDS: Final = 2**31
_NAME: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


def _whole(value: object, limit: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 < value < limit else None


def _platforms(value: object) -> tuple[str, ...] | None:
    texts = SOME_TEXTS.read(value)
    return texts if texts and set(texts) <= set(PLATFORMS) else None


def _absolute(value: object) -> str | None:
    return value if isinstance(value, str) and value.startswith("/") and value != "/" else None


PLATFORMS: Final = ("linux/amd64", "linux/arm64")
PORT: Final = Kind("a port, from 1 to 65535", lambda value: _whole(value, _PORTS + 1))
USER: Final = Kind("a user's number above 0", lambda value: _whole(value, _IDS))
PLATFORM_LIST: Final = Kind(f"a list out of {', '.join(PLATFORMS)}", _platforms)
FOLDER: Final = Kind("an absolute path inside the image", _absolute)
COMMAND: Final = Kind(
    'a command as a list of texts, such as ["python", "-m", "app"]', SOME_TEXTS.read
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantSettings:
    """The table [tool.ci.image.variants.NAME]: what one variant of the image has of its own."""

    name: str
    """Its name, which its tags end with; the first variant's tags end with nothing."""

    requirements: str = key(PATH)
    """The lock of all that the application imports, by version and hash."""

    environment: tuple[tuple[str, str], ...] = key(VARIABLES, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactSettings:
    """The table [tool.ci.image.artifact]: what is made once from the source, for all images."""

    command: tuple[str, ...] = key(COMMAND)
    """Runs in the base image with a variant's packages and the application's files."""

    include: tuple[str, ...] = key(TEXTS, ())
    """Patterns of the application's files that it depends on, all of them without; other edits do not run it again."""

    variant: str = key(TEXT)
    """Whose packages it runs with."""

    output: str = key(FOLDER, "/artifact")
    """Where the command leaves what it makes."""

    path: str = key(FOLDER)
    """Where that is in the images."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageSettings:
    """The table [tool.ci.image]."""

    name: str = key(TEXT)
    description: str = key(TEXT, "")
    source: str = key(TEXT, "")
    """The address of the source's repository, for readers of the image and its provenance."""

    licence: str = key(TEXT, "")
    """An SPDX expression."""

    base: str = key(TEXT)
    """The image whose files are the system: with a Python, and for all platforms."""

    python: str = key(TEXT)
    """That Python's version, such as 3.11, for which wheels are chosen."""

    platforms: tuple[str, ...] = key(PLATFORM_LIST, PLATFORMS)
    include: tuple[str, ...] = key(SOME_TEXTS)
    """Patterns of the application's files in the source."""

    exclude: tuple[str, ...] = key(TEXTS, ())
    prune: tuple[str, ...] = key(TEXTS, ())
    """Patterns of what the images need not of the packages, such as their own tests."""

    folder: str = key(FOLDER, "/app")
    """Where the application's files are in the images, and where it starts."""

    user: int = key(USER, 10001)
    command: tuple[str, ...] = key(COMMAND)
    port: int | None = key(PORT, None)
    environment: tuple[tuple[str, str], ...] = key(VARIABLES, ())
    health: tuple[str, ...] = key(COMMAND, ())
    """The command of the health check; it runs in the image."""

    smoke: tuple[str, ...] = key(COMMAND, ())
    """A command that each image has to run through before it is published."""

    artifact: ArtifactSettings | None = None
    variants: tuple[VariantSettings, ...] = ()

    def variant(self, name: str) -> VariantSettings:
        """Return the variant of a name; SettingsError, with the names that there are, if there is none."""
        for variant in self.variants:
            if variant.name == name:
                return variant
        names = ", ".join(variant.name for variant in self.variants)
        raise SettingsError(
            f"there is no variant {name!r} in [{VARIANTS_TABLE}] of {FILE}", f"There is {names}."
        )

    def suffix(self, variant: VariantSettings) -> str:
        """Return what a variant's tags end with: nothing for the first one."""
        return "" if variant == self.variants[0] else f"-{variant.name}"


def parse(text: str) -> ImageSettings:
    """Read the settings from the text of a pyproject.toml. Raises SettingsError naming the key."""
    table = dict(settings.table(text, "image"))
    artifact = table.pop("artifact", None)
    variants = table.pop("variants", None)
    values = read_table(ImageSettings, table, IMAGE_TABLE)
    found = ImageSettings(
        **values, artifact=_artifact(artifact), variants=tuple(_variants(variants))
    )
    if found.artifact is not None:
        found.variant(found.artifact.variant)
    return found


def _artifact(table: object) -> ArtifactSettings | None:
    if table is None:
        return None
    return ArtifactSettings(**read_table(ArtifactSettings, table, ARTIFACT_TABLE))


def _variants(table: object) -> list[VariantSettings]:
    if not isinstance(table, dict) or not table:
        raise SettingsError(
            f"[{VARIANTS_TABLE}.NAME] is missing in {FILE}: a table for each variant of the image",
            settings.HINT,
        )
    return [_variant(name, entry) for name, entry in table.items()]


def _variant(name: str, table: Any) -> VariantSettings:  # noqa: ANN401 - as TOML gives it
    if set(name) - set(_NAME):
        raise SettingsError(
            f"[{VARIANTS_TABLE}.{name}] in {FILE}: a variant's name is small letters and digits",
            "It becomes part of tags.",
        )
    values = read_table(VariantSettings, table, f"{VARIANTS_TABLE}.{name}")
    return VariantSettings(name=name, **values)
