"""What findings come to on a day, as a table and as JSON."""

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from ci.columns import columns
from ci.findings import TRIVY, Finding, Look
from ci.waivers import Division, Waiver, divide

HEADER: Final = ("Severity", "Kind", "Id", "Package", "Fixed in", "Place", "Message")
_NONE: Final = "-"


class Policy(Protocol):
    """The settings that findings are held against."""

    @property
    def table(self) -> str:
        """The table of pyproject.toml that they are in."""

    def fails(self, finding: Finding) -> bool:
        """Return whether a finding fails, waivers aside."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings of one scan or gate, divided; and what it was done with, in words."""

    division: Division
    """Of the findings that the settings let fail."""

    tolerated: tuple[Finding, ...]
    """Findings that the settings let pass."""

    look: Look
    scanner: str
    feed: str
    """"" where nothing but the source is looked at."""

    date: dt.date
    policy: str
    """The table of pyproject.toml that decided what fails."""

    tools: tuple[str, ...]

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
            paragraphs.append(_rows(self.division.counting))
        remedies = {found.id: found.remedy for found in self.division.counting if found.remedy}
        if remedies:
            lines = [f"    {name}: {remedies[name]}" for name in sorted(remedies)]
            paragraphs.append("\n".join(["what to do:", *lines]))
        for finding, waiver in self.division.waived:
            until = f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"
            paragraphs.append(f"waived: {finding.id} {finding.place}: {until}")
        paragraphs += [f"{waiver}: nothing was found" for waiver in self.division.unmatched]
        paragraphs.append("; ".join(self.faults) or "nothing to mend")
        if self.feed or self.tolerated:
            paragraphs.append(f"{len(self.tolerated)} more that [{self.policy}] lets pass")
        return "\n\n".join([*paragraphs, self._origin()])

    def _origin(self) -> str:
        if self.feed:
            return f"looked at: {self.look}\nscanner: {self.scanner}\nfeed: {self.feed}"
        return f"given: {self.look.given}\nby: {self.scanner}"

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
    settings: Policy,
    waivers: Iterable[Waiver],
    *,
    scanner: str,
    feed: str,
    today: dt.date,
    tools: tuple[str, ...] = (TRIVY,),
) -> Verdict:
    """Divide findings by the settings and the waivers, as of a day."""
    findings = sorted(set(look.findings), key=lambda finding: finding.order)
    failing = [finding for finding in findings if settings.fails(finding)]
    tolerated = tuple(finding for finding in findings if not settings.fails(finding))
    division = divide(failing, waivers, today)
    return Verdict(division, tolerated, look, scanner, feed, today, settings.table, tools)


def _rows(findings: Iterable[Finding]) -> str:
    """Return findings as lines below the header, without the columns that all of them leave empty."""
    rows = list(map(_row, findings))
    filled = [place for place, texts in enumerate(zip(*rows, strict=True)) if {*texts} != {_NONE}]
    shown = [tuple(row[place] for place in filled) for row in (HEADER, *rows)]
    return columns(shown, len(filled))


def _row(finding: Finding) -> tuple[str, ...]:
    package = f"{finding.package} {finding.installed}".strip()
    named = (finding.severity.name, finding.kind.value, finding.id)
    # Of a scan, the identifier says it; its titles may be long.
    message = finding.message.partition("\n")[0]
    return (*named, package or _NONE, finding.fixed or _NONE, finding.place, message or _NONE)


def _document(waiver: Waiver) -> dict[str, str]:
    return {
        "id": waiver.id,
        "package": waiver.package,
        "path": waiver.path,
        "tool": waiver.tool,
        "owner": waiver.owner,
        "reason": waiver.reason,
        "expires": waiver.expires.isoformat(),
    }
