"""The table [tool.ci.docs] of pyproject.toml; without it the gate is off."""

from dataclasses import dataclass
from typing import ClassVar, Final

from ci.findings import Finding
from ci.program import IMAGE
from ci.scan_settings import FLAG
from ci.settings import (
    PATH,
    SOME_TEXTS,
    TABLE,
    TEXT,
    TEXTS,
    VARIABLES,
    Kind,
    key,
    our_tables,
    read_table,
)

DEFAULT: Final = ("README.md", "docs")
LANGUAGES: Final = ("python", "toml", "json", "yaml")


def _languages(value: object) -> tuple[str, ...] | None:
    texts: tuple[str, ...] | None = TEXTS.read(value)
    return texts if texts is not None and set(texts) <= set(LANGUAGES) else None


HELD: Final = Kind(f"a list out of {', '.join(LANGUAGES)}", _languages)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocsSettings:
    """The table [tool.ci.docs]."""

    table: ClassVar[str] = f"{TABLE}.docs"

    paths: tuple[str, ...] = key(SOME_TEXTS, DEFAULT)
    """Pages and folders of pages; each has to hold one, but for those of the default."""

    languages: tuple[str, ...] = key(HELD, LANGUAGES)
    """Blocks of these are held against their language."""

    external: bool = key(FLAG, False)  # noqa: FBT003 - a default
    """Whether addresses of the web are asked for."""

    requirements: str = key(PATH, "")
    """The lock with what blocks and commands import, by version and hash."""

    include: tuple[str, ...] = key(SOME_TEXTS, ("**",))
    """Patterns of the files that blocks and commands see."""

    environment: tuple[tuple[str, str], ...] = key(VARIABLES, ())
    python_image: str = key(TEXT, IMAGE)

    def fails(
        self,
        finding: Finding,  # noqa: ARG002 - as `ci.verdict.Policy` has it
    ) -> bool:
        """Return whether a finding fails, waivers aside: each does."""
        return True


def parse(text: str) -> DocsSettings | None:
    """Read the settings from the text of a pyproject.toml, None without the table. Raises SettingsError."""
    table = our_tables(text).get("docs")
    return (
        None
        if table is None
        else DocsSettings(**read_table(DocsSettings, table, DocsSettings.table))
    )
