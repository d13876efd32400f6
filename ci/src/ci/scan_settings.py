"""The table [tool.ci.scan] of pyproject.toml: what scanning looks at, and what makes it fail."""

from dataclasses import dataclass
from typing import ClassVar, Final

from ci.findings import Finding, Severity
from ci.findings import Kind as FindingKind
from ci.settings import SOME_TEXTS, TABLE, TEXTS, Kind, key, our_tables, read_table

SCAN_TABLE: Final = f"{TABLE}.scan"

# The last release before the compromise of 2026-03-19 (GHSA-69fq-xp46-6x23); 0.69.4 is malicious. The digest is
# the one that public repositories pin for this version; it was not pulled where this was written: no registry answers.
TRIVY: Final = (
    "aquasec/trivy:0.69.3@sha256:bcc376de8d77cfe086a917230e818dc9f8528e3c852f7b1aff648949b6258d1c"
)
_BANNED: Final = ("0.69.4", "0.69.5", "0.69.6", ":latest")


def _severities(value: object) -> tuple[str, ...] | None:
    texts: tuple[str, ...] | None = SOME_TEXTS.read(value)
    return texts if texts and set(texts) <= set(Severity.__members__) else None


def _image(value: object) -> str | None:
    if isinstance(value, str) and "@sha256:" in value:
        return None if any(banned in value for banned in _BANNED) else value
    return None


SEVERITIES: Final = Kind(f"a list out of {', '.join(Severity.__members__)}", _severities)
FLAG: Final = Kind("true or false", lambda value: value if isinstance(value, bool) else None)
DAYS: Final = Kind(
    "a number of days above 0",
    lambda value: value if type(value) is int and value > 0 else None,
)
PINNED: Final = Kind("an image with its digest; never Trivy 0.69.4 to 0.69.6", _image)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSettings:
    """The table [tool.ci.scan]."""

    table: ClassVar[str] = SCAN_TABLE
    severity: tuple[str, ...] = key(SEVERITIES, ("HIGH", "CRITICAL"))
    """The severities that fail."""

    ignore_unfixed: bool = key(FLAG, True)  # noqa: FBT003 - a default
    """Whether a vulnerability that no version mends does not fail."""

    locks: tuple[str, ...] = key(TEXTS, ("requirements[^/]*[.]txt$", "requirements/[^/]+[.]txt$"))
    """Regular expressions of the paths of locks."""

    skip: tuple[str, ...] = key(TEXTS, ())
    """Patterns of files and folders of the source that are not looked at."""

    licences_allowed: tuple[str, ...] = key(TEXTS, ())
    """SPDX identifiers; with any, every other licence fails."""

    licences_denied: tuple[str, ...] = key(TEXTS, ())
    feed_max_age_days: int = key(DAYS, 7)
    image: str = key(PINNED, TRIVY)

    def fails(self, finding: Finding) -> bool:
        """Return whether a finding fails, waivers aside."""
        if finding.kind is FindingKind.LICENCE:
            unlisted = bool(self.licences_allowed) and finding.id not in self.licences_allowed
            return unlisted or finding.id in self.licences_denied
        if finding.kind is FindingKind.VULNERABILITY and self.ignore_unfixed and not finding.fixed:
            return False
        return finding.severity.name in self.severity


def parse(text: str) -> ScanSettings:
    """Read the settings from the text of a pyproject.toml. Raises SettingsError naming the key."""
    table = our_tables(text).get("scan", {})
    return ScanSettings(**read_table(ScanSettings, table, SCAN_TABLE))
