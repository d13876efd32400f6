from __future__ import annotations

from ci.coverage import Coverage
from ci.junit import Failure, Report
from ci.matrix import Cell
from ci.results import Result, Summary
from ci.table import render, verdict

GREEN = Result(Cell("3.9", "15"), Report(120, 2, 12.34, ()), Coverage(941, 1000))
RED = Result(
    Cell("3.10", "15"),
    Report(
        119,
        2,
        9.96,
        (
            Failure(
                "tests.test_price::test_price",
                "tests/test_price.py:7",
                "assert 2 == 1\n + x",
                "assert 2 == 1",
            ),
            Failure("tests.test_price::test_place", "", "ValueError: no", "ValueError: no"),
        ),
    ),
    Coverage(930, 1000),
)
CRASHED = Result(Cell("3.11", "15"), crash="exit code 139: python -m pytest\nSegmentation fault")


def test_a_green_run_is_a_table_and_a_line() -> None:
    summary = Summary((GREEN,), Coverage(941, 1000), 90, 15.04)

    assert summary.green
    assert verdict(summary) == "1 cell passed"
    assert render(summary) == (
        "Python  Postgres  passed  failed  skipped  coverage    time\n"
        "3.9     15           120       0        2    94.1 %  12.3 s\n"
        "\n"
        "1 cell in 15.0 s; coverage of all: 94.1 % (at least 90 %)"
    )


def test_a_red_run_says_what_seed_it_had() -> None:
    line = "the seed of hashes was PYTHONHASHSEED=7"

    assert line in render(Summary((RED,), None, 0, 15.04, seed="7")).splitlines()
    assert line not in render(Summary((GREEN,), None, 0, 15.04, seed="7"))


def test_failing_tests_and_crashed_cells_are_named_below() -> None:
    summary = Summary((GREEN, RED, CRASHED), Coverage(941, 1000), 0, 15.04)

    assert not summary.green
    assert verdict(summary) == "2 of 3 cells failed"
    assert render(summary) == (
        "Python  Postgres  passed  failed  skipped  coverage     time\n"
        "3.9     15           120       0        2    94.1 %   12.3 s\n"
        "3.10    15           119       2        2    93.0 %   10.0 s\n"
        "3.11    15             -       -        -         -  crashed\n"
        "\n"
        "3 cells in 15.0 s; coverage of all: 94.1 %\n"
        "\n"
        "Python 3.10, Postgres 15: tests.test_price::test_price\n"
        "    tests/test_price.py:7\n"
        "    assert 2 == 1\n"
        "     + x\n"
        "\n"
        "Python 3.10, Postgres 15: tests.test_price::test_place\n"
        "    ValueError: no\n"
        "\n"
        "Python 3.11, Postgres 15: crashed\n"
        "    exit code 139: python -m pytest\n"
        "    Segmentation fault"
    )


def test_a_suite_without_a_database_has_no_postgres_version() -> None:
    result = Result(Cell("3.9", None), Report(1, 0, 0.5, ()))

    assert render(Summary((result,), None, 0, 1)) == (
        "Python  Postgres  passed  failed  skipped  coverage   time\n"
        "3.9     -              1       0        0         -  0.5 s\n"
        "\n"
        "1 cell in 1.0 s; coverage of all: -"
    )


def test_too_little_coverage_is_red_and_so_is_none() -> None:
    little = Summary((GREEN,), Coverage(8999, 10000), 90, 1)
    none = Summary((GREEN,), None, 90, 1)

    assert not little.green
    assert verdict(little) == "coverage is 89.9 %, but has to be 90 %"
    assert not none.green
    assert verdict(none) == "coverage was not measured, but has to be 90 %"


def test_a_cell_that_broke_off_after_its_report_is_red() -> None:
    report = Report(3, 0, 0.5, ())
    summary = Summary((Result(Cell("3.9", None), report, None, "exit code 3"),), None, 0, 1)

    assert not summary.green
    assert "3.9     -              3       0        0         -  crashed" in render(summary)
