from __future__ import annotations

from ci.outcome import Outcome, State, headline
from tests.ci.reports.examples import ERROR, finding, lint, many


def test_a_gate_is_green_red_in_error_or_off() -> None:
    gates = [lint(), lint(finding()), Outcome("scan", error=ERROR), Outcome("types")]

    assert [each.state for each in gates] == [State.GREEN, State.RED, State.ERROR, State.OFF]
    assert [each.red for each in gates] == [False, True, True, False]
    assert [each.summary for each in gates] == [
        "nothing to mend",
        "1 finding to mend",
        "the feed is of 2026-10-01, 58 days ago",
        "off: pyproject.toml has no [tool.ci.types]",
    ]


def test_all_of_them_are_told_in_a_line() -> None:
    assert headline(many(20)) == "3 of 3 gates are red: lint, scan, secrets"
    assert headline([lint(finding()), Outcome("types")]) == "1 of 1 gate is red: lint"
    assert headline([lint()]) == "1 gate: nothing to mend"
    assert headline([Outcome("types")]) == "every gate is off"
