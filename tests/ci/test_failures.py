from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from ci import failures
from ci.coverage import Coverage
from ci.junit import Failure, Report
from ci.matrix import Cell
from ci.results import Result, Summary

if TYPE_CHECKING:
    from ci.verdict import Verdict

TODAY = dt.date(2026, 11, 28)
COVERAGE = Coverage(941, 1000)
FAILURE = Failure("tests.test_price::test_price[1-2]", "tests/test_price.py:7", "assert 2 == 1", "")
GREEN = Result(Cell("3.9", "15"), Report(120, 2, 12.34, ()), COVERAGE)
RED = Result(Cell("3.10", None), Report(119, 1, 9.96, (FAILURE,)), COVERAGE)
CRASHED = Result(Cell("3.11", None), crash="exit code 139: python -m pytest\nSegmentation fault")


def judge(*results: Result, threshold: float = 0) -> Verdict:
    return failures.judge(Summary(results, COVERAGE, threshold, 15.04), TODAY)


def test_a_green_suite_is_a_green_gate() -> None:
    found = judge(GREEN, GREEN, threshold=90)

    assert found.faults == []
    assert found.scanner == "pytest: 240 passed and 4 skipped in 2 cells"


def test_a_failing_test_is_a_finding_with_its_place_and_how_to_run_it_alone() -> None:
    (finding,) = judge(GREEN, RED).division.counting

    assert (finding.id, finding.place) == (FAILURE.test, FAILURE.place)
    assert finding.message == "Python 3.10: assert 2 == 1"
    assert finding.remedy == "`./dagger call test --select=test_price` runs it alone"


def test_a_cell_that_broke_off_and_coverage_below_the_threshold_are_findings() -> None:
    crashed, uncovered = judge(CRASHED, threshold=95).division.counting

    assert crashed.message.startswith("Python 3.11 broke off: exit code 139")
    assert uncovered.message == "coverage of all cells is 94.1 %, but has to be 95 %"
    assert judge(Result(Cell("3.9", None))).faults == ["1 finding to mend"]
