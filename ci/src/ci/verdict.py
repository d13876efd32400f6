"""What findings come to on a day, as a table and as JSON."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ci.columns import columns
from ci.findings import Finding, Look
from ci.scan_settings import ScanSettings
from ci.waivers import Division, Waiver, divide

HEADER: Final = ("Severity", "Kind", "Id", "Package", "Fixed in", "Place")
_NONE: Final = "-"


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings of one scan, divided; and what it was done with, in words."""

    division: Division
    """Of the findings that the settings let fail."""

    tolerated: tuple[Finding, ...]
    """Findings that the settings let pass."""

    look: Look
    scanner: str
    feed: str
    date: dt.date

    @property
    def faults(self) -> list[str]:
        """Why it is red; nothing if it is green."""
        expired = [
            f"{waiver} expired on {waiver.expires}: mend what it is for, or renew it"
            for waiver in self.division.expired
        ]
        number = len(self.division.counting)
        counting = [f"{number} finding{'' if number == 1 else 's'} to mend"] if number else []
        return counting + expired

    def table(self) -> str:
        """Return the findings that fail or are waived, what else there is to say, and the origin of it all."""
        paragraphs = []
        if self.division.counting:
            rows = [HEADER, *(_row(finding) for finding in self.division.counting)]
            paragraphs.append(columns(rows, len(HEADER)))
        for finding, waiver in self.division.waived:
            until = f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"
            paragraphs.append(f"waived: {finding.id} {finding.place}: {until}")
        paragraphs += [f"{waiver}: nothing was found" for waiver in self.division.unmatched]
        tolerated = f"{len(self.tolerated)} more that [tool.ci.scan] lets pass"
        paragraphs += ["; ".join(self.faults) or "nothing to mend", tolerated]
        origin = f"looked at: {self.look}\nscanner: {self.scanner}\nfeed: {self.feed}"
        return "\n\n".join([*paragraphs, origin])

    def json(self) -> str:
        """Return everything, for programs; a finding's state is failing, waived or tolerated."""
        entries = [
            *({**found.document(), "state": "failing"} for found in self.division.counting),
            *(
                {**found.document(), "state": "waived", "waiver": _document(waiver)}
                for found, waiver in self.division.waived
            ),
            *({**found.document(), "state": "tolerated"} for found in self.tolerated),
        ]
        document = {
            "date": self.date.isoformat(),
            "scanner": self.scanner,
            "feed": self.feed,
            "packages": self.look.packages,
            "files": self.look.files,
            "faults": self.faults,
            "findings": entries,
            "expired": [_document(waiver) for waiver in self.division.expired],
            "unmatched": [_document(waiver) for waiver in self.division.unmatched],
        }
        return f"{json.dumps(document, indent=2)}\n"


def judge(  # noqa: PLR0913 - named, but for what was found and what it is held against
    look: Look,
    settings: ScanSettings,
    waivers: Iterable[Waiver],
    *,
    scanner: str,
    feed: str,
    today: dt.date,
) -> Verdict:
    """Divide findings by the settings and the waivers, as of a day."""
    findings = sorted(set(look.findings), key=lambda finding: finding.order)
    failing = [finding for finding in findings if settings.fails(finding)]
    tolerated = tuple(finding for finding in findings if not settings.fails(finding))
    return Verdict(divide(failing, waivers, today), tolerated, look, scanner, feed, today)


def _row(finding: Finding) -> tuple[str, ...]:
    package = f"{finding.package} {finding.installed}".strip()
    named = (finding.severity.name, finding.kind.value, finding.id)
    return (*named, package or _NONE, finding.fixed or _NONE, finding.place)


def _document(waiver: Waiver) -> dict[str, str]:
    return {
        "id": waiver.id,
        "package": waiver.package,
        "path": waiver.path,
        "owner": waiver.owner,
        "reason": waiver.reason,
        "expires": waiver.expires.isoformat(),
    }
