from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree as ET

from ci import junit
from ci.findings import Finding, Kind, Look, Severity
from ci.inspection.settings import LintSettings
from ci.outcome import Outcome
from ci.reports import junit as rendering
from ci.verdict import Verdict, judge
from ci.waivers import Waiver
from tests.ci.reports.examples import ERROR, HOSTILE, hostile, lint, many

TODAY = dt.date(2026, 11, 28)


def finding(rule: str) -> Finding:
    return Finding(
        kind=Kind.LINT,
        id=rule,
        severity=Severity.MEDIUM,
        target="source",
        path="shop/price.py",
        line=3,
        message="unused",
        remedy="take it out",
        tool="ruff",
    )


def verdict(*found: Finding, waived: str = "", expires: dt.date = TODAY) -> Verdict:
    waivers = [Waiver(id=waived, owner="ada", reason="known", expires=expires)] if waived else []
    return judge(
        Look(found, files=1),
        LintSettings(requirements="lint.txt"),
        waivers,
        scanner="ruff 1 of lint.txt",
        feed="",
        today=TODAY,
        tools=("ruff", "flake8"),
    )


def render(found: Verdict) -> str:
    return rendering.render([Outcome("lint", found)])


def test_a_finding_is_a_failing_test_and_a_waived_one_is_skipped() -> None:
    report = junit.parse(render(verdict(finding("A1"), finding("B2"), waived="B2")))

    assert (report.passed, report.failed, report.skipped) == (1, 1, 1)
    (failure,) = report.failures
    assert failure.test == "shop/price.py::shop/price.py::A1 shop/price.py:3"
    assert failure.message == "unused"
    assert failure.place == "shop/price.py:3"


def test_where_nothing_is_to_mend_each_tool_passes() -> None:
    report = junit.parse(render(verdict()))

    assert (report.passed, report.failed) == (2, 0)


def test_an_expired_waiver_fails() -> None:
    text = render(
        verdict(finding("A1"), waived="A1", expires=dt.date(2026, 1, 1)),
    )

    assert "it expired on 2026-01-01" in text
    assert junit.parse(text).failed == 2


def test_each_tool_of_each_gate_has_a_suite_and_a_gate_that_could_not_be_checked_an_error() -> None:
    suites = ET.fromstring(rendering.render(many(10)))  # noqa: S314 - our own

    assert [(each.get("name"), each.get("errors")) for each in suites] == [
        ("lint: ruff", "0"),
        ("scan: trivy", "0"),
        ("secrets", "1"),
    ]
    (error,) = suites.iter("error")
    assert error.text == ERROR


def test_it_is_xml_whatever_findings_say() -> None:
    text = rendering.render([lint(*hostile()), Outcome("scan", error=HOSTILE[3])])

    suites = ET.fromstring(text)  # noqa: S314 - our own
    assert len(list(suites.iter("failure"))) == len(hostile())
