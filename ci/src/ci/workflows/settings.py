"""The table [tool.ci.workflows] of pyproject.toml; without it the gate is off."""

from dataclasses import dataclass
from typing import ClassVar, Final

from ci.findings import Finding
from ci.scan_settings import SEVERITIES
from ci.settings import TABLE, TEXTS, Kind, key, our_tables, read_table

FOLDER: Final = ".github/workflows"
"""Where a code host reads workflows from; of a source, from nowhere else."""

NAME: Final = "workflows"
"""How this module is called as the tool that found something."""

# The digest is the one that public repositories pin for this version; it was not pulled where this was written.
ACTIONLINT: Final = (
    "rhysd/actionlint:1.7.12@sha256:b1934ee5f1c509618f2508e6eb47ee0d3520686341fec936f3b79331f9315667"
)


def _pinned(value: object) -> str | None:
    return value if isinstance(value, str) and "@sha256:" in value else None


PINNED: Final = Kind("an image with its digest", _pinned)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowSettings:
    """The table [tool.ci.workflows]."""

    table: ClassVar[str] = f"{TABLE}.workflows"

    also_called: tuple[str, ...] = key(TEXTS, ())
    """Functions that some job has to call, beside the checks."""

    severity: tuple[str, ...] = key(SEVERITIES, ("LOW", "MEDIUM", "HIGH"))
    """The severities that fail."""

    actionlint_image: str = key(PINNED, ACTIONLINT)

    def fails(self, finding: Finding) -> bool:
        """Return whether a finding fails, waivers aside."""
        return finding.severity.name in self.severity


def parse(text: str) -> WorkflowSettings | None:
    """Read the settings from the text of a pyproject.toml, None without the table. Raises SettingsError."""
    table = our_tables(text).get("workflows")
    if table is None:
        return None
    return WorkflowSettings(**read_table(WorkflowSettings, table, WorkflowSettings.table))
