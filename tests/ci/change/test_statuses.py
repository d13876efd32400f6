from __future__ import annotations

import pytest

from ci.change.statuses import statuses
from ci.outcome import Outcome
from tests.ci.change.verdicts import finding, held, verdict

NEW = Outcome("lint", held(verdict(finding(), finding("E1")), verdict(finding(), finding("E2"))))
GREEN = Outcome("format", held(verdict(finding()), verdict(finding())))
BROKEN = Outcome("types", error=f"mypy broke off\n{'x' * 200}")
LONG = Outcome("types", error="x" * 200)
OFF = Outcome("scan")


def test_each_gate_that_is_on_has_one_and_all_together_have_one() -> None:
    assert statuses([NEW, GREEN, OFF], "https://ci.test/1") == [
        {
            "context": "ci/lint",
            "state": "failure",
            "description": "1 new finding to mend, 1 fixed, 1 older",
            "target_url": "https://ci.test/1",
        },
        {
            "context": "ci/format",
            "state": "success",
            "description": "nothing new to mend, 1 older",
            "target_url": "https://ci.test/1",
        },
        {
            "context": "ci/pr",
            "state": "failure",
            "description": "1 of 2 gates is red: lint",
            "target_url": "https://ci.test/1",
        },
    ]


@pytest.mark.parametrize(
    ("outcomes", "state", "description"),
    [
        ([GREEN], "success", "1 gate: nothing new to mend"),
        ([NEW, BROKEN], "error", "2 of 2 gates are red: lint, types"),
        ([OFF], "success", "every gate is off"),
    ],
)
def test_the_overall_one_is_that_of_the_worst_gate(
    outcomes: list[Outcome], state: str, description: str
) -> None:
    overall = {"context": "ci/pr", "state": state, "description": description}

    assert statuses(outcomes)[-1] == overall


def test_an_error_is_told_in_one_line_that_is_not_too_long() -> None:
    assert statuses([BROKEN])[0]["description"] == "mypy broke off"
    assert statuses([LONG])[0]["description"] == f"{'x' * 139}…"
