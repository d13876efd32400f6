"""The table [tool.ci.coverage] of pyproject.toml: how much lower than at the baseline coverage may be."""

from dataclasses import dataclass
from typing import ClassVar, Final

from ci.findings import Finding
from ci.settings import PERCENT, TABLE, key, our_tables, read_table

COVERAGE: Final = f"{TABLE}.coverage"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageSettings:
    """The table [tool.ci.coverage]; the threshold is that of [tool.ci.test]."""

    table: ClassVar[str] = COVERAGE
    tolerance: float = key(PERCENT, 0.1)
    """How many percentage points lower than at the baseline passes."""

    def fails(
        self,
        finding: Finding,  # noqa: ARG002 - as `ci.verdict.Policy` has it
    ) -> bool:
        """Return whether a finding fails, waivers aside: each does."""
        return True


def parse(text: str) -> CoverageSettings | None:
    """Read the settings from the text of a pyproject.toml, None without the table. Raises SettingsError."""
    table = our_tables(text).get("coverage")
    return (
        None if table is None else CoverageSettings(**read_table(CoverageSettings, table, COVERAGE))
    )
