"""The tables of pyproject.toml for the gates that need nothing but the source; a gate without its table is off."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, TypeVar

from ci.errors import SettingsError
from ci.findings import Finding
from ci.program import IMAGE
from ci.scan_settings import SEVERITIES
from ci.settings import (
    FILE,
    HINT,
    PATH,
    SOME_TEXTS,
    TABLE,
    TEXT,
    Kind,
    key,
    our_tables,
    read_table,
)

PYTHON: Final = ("**/*.py", "**/*.pyi")
CONFIGURATION: Final = (
    FILE,
    "**/.gitignore",
    ".flake8",
    "setup.cfg",
    "tox.ini",
    "mypy.ini",
    ".mypy.ini",
    "**/ruff.toml",
    "**/.ruff.toml",
)
"""What the tools' own settings are in: they are seen whatever `include` says."""

LINTERS: Final = ("ruff", "flake8")


def _linters(value: object) -> tuple[str, ...] | None:
    texts: tuple[str, ...] | None = SOME_TEXTS.read(value)
    return texts if texts and set(texts) <= set(LINTERS) else None


TOOLS: Final = Kind(f"a list out of {', '.join(LINTERS)}", _linters)


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionSettings:
    """What all of these gates are told."""

    table: ClassVar[str]

    requirements: str = key(PATH)
    """The lock with the tools, by version and hash, and with what they import of the source's own needs."""

    paths: tuple[str, ...] = key(SOME_TEXTS, (".",))
    """Files and folders that are looked at."""

    include: tuple[str, ...] = key(SOME_TEXTS, PYTHON)
    """Patterns of the files that the tools see, beside their settings."""

    python_image: str = key(TEXT, IMAGE)

    def fails(
        self,
        finding: Finding,  # noqa: ARG002 - as `ci.verdict.Policy` has it
    ) -> bool:
        """Return whether a finding fails, waivers aside: each does."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatSettings(InspectionSettings):
    """The table [tool.ci.format]."""

    table: ClassVar[str] = f"{TABLE}.format"


@dataclass(frozen=True, slots=True, kw_only=True)
class LintSettings(InspectionSettings):
    """The table [tool.ci.lint]."""

    table: ClassVar[str] = f"{TABLE}.lint"

    tools: tuple[str, ...] = key(TOOLS, ("ruff",))


@dataclass(frozen=True, slots=True, kw_only=True)
class TypesSettings(InspectionSettings):
    """A table [tool.ci.types.NAME]."""

    table: ClassVar[str] = f"{TABLE}.types"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSecuritySettings(InspectionSettings):
    """The table [tool.ci.code-security]."""

    table: ClassVar[str] = f"{TABLE}.code-security"

    requirements: str = key(PATH, "")
    """The lock with Bandit; without one it is that of this module."""

    severity: tuple[str, ...] = key(SEVERITIES, ("MEDIUM", "HIGH"))

    def fails(self, finding: Finding) -> bool:
        """Return whether a finding fails, waivers aside."""
        return finding.severity.name in self.severity


Settings = TypeVar("Settings", bound=InspectionSettings)


@dataclass(frozen=True, slots=True)
class Inspections:
    """All of these gates; one that is off has no settings."""

    format: FormatSettings | None
    lint: LintSettings | None
    types: Mapping[str, TypesSettings]
    """Targets by their names: parts of the source with a lock of their own."""

    code_security: CodeSecuritySettings | None


def parse(text: str) -> Inspections:
    """Read the settings from the text of a pyproject.toml. Raises SettingsError naming the key."""
    tables = our_tables(text)
    targets = tables.get("types", {})
    if not isinstance(targets, dict):
        raise SettingsError(
            f"{TypesSettings.table} in {FILE} has to be tables: [{TypesSettings.table}.NAME] for each",
            HINT,
        )
    return Inspections(
        format=_read(FormatSettings, tables.get("format")),
        lint=_read(LintSettings, tables.get("lint")),
        types={
            name: TypesSettings(**read_table(TypesSettings, table, f"{TypesSettings.table}.{name}"))
            for name, table in targets.items()
        },
        code_security=_read(CodeSecuritySettings, tables.get("code-security")),
    )


def _read(kind: type[Settings], table: object) -> Settings | None:
    return None if table is None else kind(**read_table(kind, table, kind.table))
