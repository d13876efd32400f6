"""The table [tool.ci.dependencies] of pyproject.toml; the gate is off without it."""

from dataclasses import dataclass
from typing import ClassVar, Final

from ci.findings import Finding, Severity
from ci.scan_settings import DAYS, FLAG, SEVERITIES
from ci.settings import SOME_TEXTS, TABLE, key, our_tables, read_table

NAME: Final = "dependencies"


@dataclass(frozen=True, slots=True, kw_only=True)
class DependenciesSettings:
    """The table [tool.ci.dependencies]."""

    table: ClassVar[str] = f"{TABLE}.{NAME}"

    locks: tuple[str, ...] = key(SOME_TEXTS, ("**/requirements*.txt",))
    """Patterns of the paths of locks."""

    severity: tuple[str, ...] = key(SEVERITIES, ("LOW", "MEDIUM", "HIGH", "CRITICAL"))
    """The severities that fail, beside UNKNOWN, which may be any."""

    ignore_unfixed: bool = key(FLAG, False)  # noqa: FBT003 - a default
    """Whether a vulnerability that no version mends does not fail."""

    feed_max_age_days: int = key(DAYS, 7)

    def fails(self, finding: Finding) -> bool:
        """Return whether a finding fails, waivers aside."""
        if self.ignore_unfixed and not finding.fixed:
            return False
        return finding.severity is Severity.UNKNOWN or finding.severity.name in self.severity


def parse(text: str) -> DependenciesSettings | None:
    """Read the settings from the text of a pyproject.toml, None without them. Raises SettingsError naming the key."""
    table = our_tables(text).get(NAME)
    if table is None:
        return None
    return DependenciesSettings(
        **read_table(DependenciesSettings, table, DependenciesSettings.table)
    )
