from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from ci.errors import ReportError
from ci.junit import Failure, merge, parse

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def text(reports: Path) -> str:
    return (reports / "junit.xml").read_text(encoding="utf-8")


def test_outcomes_are_counted_and_every_failure_has_its_assertion(text: str) -> None:
    report = parse(text)

    assert (report.passed, report.failed, report.skipped, report.total) == (2, 3, 2, 7)
    assert report.seconds == 0.133
    assert report.failures == (
        Failure(
            "test_sample.TestPrice::test_price[5]",
            "test_sample.py:16",
            "assert 2 == 1\n +  where 2 = price(5)",
            "assert 2 == 1",
        ),
        Failure(
            "test_sample::test_setup",
            "test_sample.py:6",
            "ConnectionError: no server at postgres:5432",
            'failed on setup with "ConnectionError: no server at postgres:5432"',
        ),
        Failure(
            "test_sample::test_teardown",
            "test_sample.py:20",
            "AssertionError: dear\nassert 1 == 3\n +  where 1 = price(1)",
            "AssertionError: dear",
        ),
    )


def test_a_file_that_cannot_be_imported_is_a_failure(reports: Path) -> None:
    report = parse((reports / "junit-import-error.xml").read_text(encoding="utf-8"))

    assert report.failures == (
        Failure(
            "test_import",
            "test_import.py:1",
            "ModuleNotFoundError: No module named 'nothing_there'",
            "collection failure",
        ),
    )


def test_without_marked_lines_the_message_is_the_reason_and_long_ones_are_cut() -> None:
    message = "&#10;".join(map(str, range(20)))
    report = parse(
        f'<testsuite time="1.5"><testcase classname="a" name="b"><failure message="{message}"/>'
        "</testcase></testsuite>"
    )

    reason = report.failures[0].reason.splitlines()
    assert reason == [*map(str, range(12)), "… 8 more lines"]
    assert report.failures[0].place == ""


def test_a_merged_report_keeps_every_suite_under_its_name(text: str) -> None:
    merged = merge({"one": text, "two": text})

    assert [suite.get("name") for suite in ET.fromstring(merged)] == ["one", "two"]  # noqa: S314
    assert merged.startswith("<?xml version='1.0' encoding='utf-8'?>")
    assert parse(merged).seconds == 0.266


@pytest.mark.parametrize("text", ["", "<testsuite>", "pytest: error"])
def test_what_is_not_xml_is_refused(text: str) -> None:
    with pytest.raises(ReportError, match="the JUnit report is not XML"):
        parse(text)
