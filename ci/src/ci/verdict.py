"""What findings come to on a day."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from ci.findings import TRIVY, Finding, Look
from ci.printable import printable
from ci.waivers import Division, Waiver, divide


class Standing(Enum):
    """What a finding comes to."""

    FAILING = "failing"
    WAIVED = "waived"
    TOLERATED = "tolerated"
    """The settings let it pass."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding with what it comes to."""

    finding: Finding
    standing: Standing
    waiver: Waiver | None = None

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        document = {**self.finding.document(), "state": self.standing.value}
        return document if self.waiver is None else {**document, "waiver": _document(self.waiver)}


class Policy(Protocol):
    """The settings that findings are held against."""

    @property
    def table(self) -> str:
        """The table of pyproject.toml that they are in."""

    def fails(self, finding: Finding) -> bool:
        """Return whether a finding fails, waivers aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What a verdict on a change leaves out and adds; see `ci.change`."""

    baseline: str
    """What the source was compared with, in words."""

    older: int = 0
    """How many findings fail that failed at the baseline, too: they are left out."""

    fixed: tuple[Finding, ...] = ()
    """Findings that failed at the baseline, and are gone."""

    trouble: str = ""
    """Why the baseline has no verdict, so that everything counts as new; "" if it has one."""

    def __str__(self) -> str:
        if self.trouble:
            return f"compared with {self.baseline}: {self.trouble}, so that everything is new"
        older = _count(self.older, "older finding")
        verb = "is" if self.older == 1 else "are"
        fixed = f", {_count(len(self.fixed), 'finding')} fixed" if self.fixed else ""
        left_out = f"{older} {verb} not shown: without --since" if self.older else "none is older"
        return f"compared with {self.baseline}{fixed}; {left_out}"

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "baseline": self.baseline,
            "older": self.older,
            "fixed": [finding.document() for finding in self.fixed],
            "trouble": self.trouble,
        }


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

    narrowing: Narrowing | None = None
    """How it was narrowed to what a change brings; None for a verdict on everything."""

    @property
    def faults(self) -> list[str]:
        """Why it is red; nothing if it is green."""
        expired = [
            f"{waiver} expired on {waiver.expires}: mend what it is for, or renew it"
            for waiver in self.division.expired
        ]
        number = len(self.division.counting)
        what = "finding" if self.narrowing is None else "new finding"
        counting = [f"{_count(number, what)} to mend"] if number else []
        return counting + expired

    @property
    def judged(self) -> list[Judged]:
        """All findings: those that fail, those that are waived, those that may pass; each the worst first."""
        return [
            *(Judged(finding, Standing.FAILING) for finding in self.division.counting),
            *(Judged(finding, Standing.WAIVED, waiver) for finding, waiver in self.division.waived),
            *(Judged(finding, Standing.TOLERATED) for finding in self.tolerated),
        ]

    @property
    def counts(self) -> dict[Standing, int]:
        """How many findings come to what."""
        return {
            Standing.FAILING: len(self.division.counting),
            Standing.WAIVED: len(self.division.waived),
            Standing.TOLERATED: len(self.tolerated),
        }

    def document(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return self.about() | {"findings": [judged.document() for judged in self.judged]}

    def about(self) -> dict[str, Any]:
        """Return all but the findings as JSON has it."""
        return {
            "date": self.date.isoformat(),
            "scanner": self.scanner,
            "feed": self.feed,
            "packages": self.look.packages,
            "files": self.look.files,
            "commits": self.look.commits,
            "faults": self.faults,
            "narrowing": None if self.narrowing is None else self.narrowing.document(),
            "notes": [*self.look.notes],
            "expired": [_document(waiver) for waiver in self.division.expired],
            "unmatched": [_document(waiver) for waiver in self.division.unmatched],
        }


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
    findings = sorted({finding.fit for finding in look.findings}, key=lambda finding: finding.order)
    failing = [finding for finding in findings if settings.fails(finding)]
    tolerated = tuple(finding for finding in findings if not settings.fails(finding))
    division = divide(failing, waivers, today)
    return Verdict(
        division, tolerated, look, printable(scanner), printable(feed), today, settings.table, tools
    )


def _count(number: int, words: str) -> str:
    return f"{number} {words}{'' if number == 1 else 's'}"


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
