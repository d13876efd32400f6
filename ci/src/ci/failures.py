"""What a run of the suite came to, as findings: failing tests, cells that broke off, coverage below the threshold."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from ci import verdict
from ci.findings import Finding, Kind, Look, Severity
from ci.results import Result, Summary
from ci.settings import TABLE
from ci.tools import COVERAGE, CRASH, PYTEST
from ci.verdict import Verdict

_RERUN: Final = "`./dagger call test --select={name}` runs it alone"
_UNCOVERED: Final = (
    "merged/html of `./dagger call -o report test-report` has the lines that no test runs"
)


class _Everything:
    """Nothing that a suite finds may pass. Waivers do not hold for it: a test that may fail is marked in its source."""

    table: Final = f"{TABLE}.test"

    def fails(self, finding: Finding) -> bool:  # noqa: ARG002 - as `ci.verdict.Policy` has it
        return True


def judge(summary: Summary, today: dt.date) -> Verdict:
    """Return what a run comes to."""
    found = [finding for result in summary.results for finding in _failures(result)]
    if not summary.covered:
        reached = "was not measured" if summary.coverage is None else f"is {summary.coverage}"
        message = f"coverage of all cells {reached}, but has to be {summary.threshold:g} %"
        found.append(_finding(COVERAGE, "all cells", message, _UNCOVERED))
    reports = [result.report for result in summary.results if result.report is not None]
    passed, skipped = (
        sum(getattr(each, name) for each in reports) for name in ("passed", "skipped")
    )
    return verdict.judge(
        Look(tuple(found), percent=summary.coverage.percent if summary.coverage else None),
        _Everything(),
        (),
        scanner=f"{PYTEST}: {passed} passed and {skipped} skipped in {len(summary.results)} cells",
        feed="",
        today=today,
        tools=(PYTEST,),
    )


def _failures(result: Result) -> Iterator[Finding]:
    cell = str(result.cell)
    for failure in result.report.failures if result.report else ():
        path, _, line = failure.place.rpartition(":")
        # The parameters are no part of a name that pytest selects by.
        remedy = _RERUN.format(name=failure.test.rpartition("::")[2].partition("[")[0])
        message = f"{cell}: {failure.reason}"
        yield _finding(failure.test, cell, message, remedy, path, int(line or 0))
    if result.crash or result.report is None:
        yield _finding(CRASH, cell, f"{cell} broke off: {result.crash or 'no report'}", "")


def _finding(  # noqa: PLR0913, PLR0917 - as a finding has them
    name: str, target: str, message: str, remedy: str, path: str = "", line: int = 0
) -> Finding:
    return Finding(
        kind=Kind.TEST,
        id=name,
        severity=Severity.HIGH,
        target=target,
        path=path,
        line=line,
        message=message,
        remedy=remedy,
        tool=PYTEST,
    )
