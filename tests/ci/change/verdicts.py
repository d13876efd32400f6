"""Verdicts of a gate, at a baseline and now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ci.change.narrowing import Beside, narrowed
from ci.findings import Finding, Kind, Look, Severity
from ci.verdict import Verdict, judge
from ci.waivers import Waiver

TODAY = dt.date(2026, 11, 23)
BASELINE = "commit 1234, where main parted"


@dataclass(frozen=True)
class Policy:
    tolerates: tuple[str, ...] = ()
    table: str = "tool.ci.lint"

    def fails(self, finding: Finding) -> bool:
        return finding.id not in self.tolerates


def finding(
    rule: str = "F401", path: str = "shop.py", line: int = 1, message: str = "unused"
) -> Finding:
    return Finding(
        kind=Kind.LINT,
        id=rule,
        severity=Severity.MEDIUM,
        target="source",
        path=path,
        line=line,
        message=message,
        tool="ruff",
    )


def waiver(rule: str = "F401", expires: dt.date = TODAY) -> Waiver:
    return Waiver(id=rule, owner="ada", reason="known", expires=expires)


def verdict(*found: Finding, waivers: tuple[Waiver, ...] = (), tolerates: str = "") -> Verdict:
    return judge(
        Look(found, files=1),
        Policy((tolerates,)),
        waivers,
        scanner="ruff 1",
        feed="",
        today=TODAY,
        tools=("ruff",),
    )


def held(now: Verdict, before: Verdict | None, **renamed: str) -> Verdict:
    moved = {f"{old}.py": f"{new}.py" for old, new in renamed.items()}
    return narrowed(now, Beside(before, BASELINE, moved, "" if before else "the gate is off there"))
