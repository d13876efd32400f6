from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ci import failures
from ci.change import dependencies
from ci.change.dependencies import Move
from ci.coverage import Coverage
from ci.outcome import Outcome
from ci.programs.post import COMMENT_LIMIT
from ci.reports import markdown, terminal
from ci.results import Summary
from tests.ci.change.verdicts import BASELINE, TODAY, finding, held, verdict, waiver

if TYPE_CHECKING:
    from ci.findings import Finding


def test_a_finding_that_moved_is_not_new() -> None:
    found = held(verdict(finding(line=9)), verdict(finding(line=1)))

    assert found.faults == []
    assert str(found.narrowing) == (
        f"compared with {BASELINE}; 1 older finding is not shown: without --since"
    )


def test_one_more_of_the_same_is_new() -> None:
    before = verdict(finding(line=1), finding(line=2))
    found = held(verdict(*(finding(line=line) for line in (3, 4, 5))), before)

    assert [each.line for each in found.division.counting] == [5]
    assert found.faults == ["1 new finding to mend"]
    assert found.narrowing is not None
    assert found.narrowing.older == 2


@pytest.mark.parametrize(("tool", "rule"), [("pytest", "crash"), ("mypy", "syntax")])
def test_where_a_tool_stopped_before_too_it_has_not_seen_what_is_new(tool: str, rule: str) -> None:
    stopped = replace(finding(rule), tool=tool)

    found = held(verdict(stopped), verdict(stopped))
    mended = held(verdict(), verdict(stopped))

    assert found.division.counting == (stopped,)
    assert mended.narrowing is not None
    assert mended.narrowing.fixed == (stopped,)


@pytest.mark.parametrize(("covered", "new"), [(20, 1), (78, 1), (79, 0), (79.5, 0)])
def test_coverage_below_the_threshold_is_old_only_where_it_fell_no_further(
    covered: float, new: int
) -> None:
    before, now = (
        failures.judge(Summary((), Coverage(int(10 * percent), 1000), 80, 1.0), TODAY)
        for percent in (79, covered)
    )
    found = held(now, before)

    assert len(found.division.counting) == new
    assert found.narrowing is not None
    assert found.narrowing.older == 1 - new
    assert found.narrowing.fixed == ()


@pytest.mark.parametrize(
    "other",
    [finding("F402"), finding(path="other.py"), finding(message="another name is unused")],
)
def test_another_rule_file_or_message_is_new_and_the_first_one_fixed(other: Finding) -> None:
    found = held(verdict(other), verdict(finding()))

    assert found.division.counting == (other,)
    assert found.narrowing is not None
    assert found.narrowing.fixed == (finding(),)
    assert str(found.narrowing) == f"compared with {BASELINE}, 1 finding fixed; none is older"


def test_what_is_in_a_renamed_file_is_not_new_and_fixed_by_its_old_name() -> None:
    before = verdict(finding(path="old.py"), finding("E1", path="old.py"))
    found = held(verdict(finding(path="new.py", line=7)), before, old="new")

    assert found.division.counting == ()
    assert found.narrowing is not None
    assert found.narrowing.fixed == (finding("E1", path="old.py"),)


def test_without_a_verdict_on_the_baseline_everything_is_new_and_it_is_said_why() -> None:
    found = held(verdict(finding()), None)

    assert found.faults == ["1 new finding to mend"]
    says = f"compared with {BASELINE}: the gate is off there, so that everything is new"
    assert says in terminal.verdict(found)


def test_what_was_let_pass_and_fails_now_is_new() -> None:
    now = verdict(finding())

    assert held(now, verdict(finding(), waivers=(waiver(),))).faults
    assert held(now, verdict(finding(), tolerates="F401")).faults


def test_what_failed_and_is_let_pass_now_is_neither_new_nor_fixed() -> None:
    before = verdict(finding())
    for now in (
        verdict(finding(), waivers=(waiver(),)),
        verdict(finding(), tolerates="F401"),
    ):
        found = held(now, before)

        assert found.faults == []
        assert found.judged == []
        assert found.narrowing is not None
        assert found.narrowing.fixed == ()


def test_a_new_finding_that_is_waived_is_told() -> None:
    found = held(verdict(finding(), waivers=(waiver(),)), verdict())

    assert found.division.waived == ((finding(), waiver()),)


def test_a_waiver_that_expired_is_told_where_the_change_brings_it() -> None:
    expired = waiver(expires=dt.date(2026, 1, 1))
    now = verdict(waivers=(expired,))

    assert held(now, verdict(waivers=(expired,))).faults == []
    assert "expired on 2026-01-01" in held(now, verdict()).faults[0]


def test_waivers_of_what_is_not_looked_at_are_not_told() -> None:
    assert held(verdict(waivers=(waiver(),)), verdict()).division.unmatched == ()


def test_the_report_says_what_was_compared_and_left_out() -> None:
    found = held(verdict(finding()), verdict(finding(), finding("E1")))

    assert Outcome("lint", found).summary == "nothing new to mend"
    assert found.about()["narrowing"] == {
        "baseline": BASELINE,
        "older": 1,
        "fixed": [finding("E1").document()],
        "trouble": "",
    }
    assert verdict().about()["narrowing"] is None


def test_markdown_has_what_is_new_and_fixed_and_how_much_is_older() -> None:
    old = [
        finding("E1", line=line, message=f"{name}") for line, name in enumerate("abcdefghijkl", 1)
    ]
    text = markdown.render(
        [Outcome("lint", held(verdict(finding()), verdict(*old))), Outcome("scan")], "", ["More."]
    )

    assert "| Gate | State | New | Fixed | Older | Waived | Let pass |" in text
    assert "| lint | **red** | 1 | 12 | 0 | 0 | 0 |\n| scan | off | - | - | - | - | - |" in text
    assert "\n\nMore.\n\n<details><summary>lint: 1 new, 12 fixed, 0 waived</summary>\n" in text
    assert "- fixed: `E1` `shop.py:10`\n- … and 2 more fixed\n" in text


def test_markdown_has_what_to_look_at_first_right_below_the_verdict() -> None:
    text = markdown.render([Outcome("lint", held(verdict(), verdict()))], first="Look here.")

    assert "nothing new to mend**\n\nLook here.\n\n| Gate |" in text


def test_markdown_says_why_everything_counts_as_new() -> None:
    text = markdown.render([Outcome("lint", held(verdict(finding()), None))])

    assert "- everything counts as new: `the gate is off there`" in text


def test_markdown_of_much_and_of_long_names_fits_a_comment() -> None:
    many = [finding("E1", line=line, path="p" * 200) for line in range(1, 3000)]
    moves = [Move("l" * 300, "p" * 300, "1" * 300, f"{number}" * 300) for number in range(500)]
    text = markdown.render(
        [Outcome("lint", held(verdict(*many), verdict()))], "", [dependencies.render(moves)]
    )

    assert len(text) <= COMMENT_LIMIT
    assert "… and 400 more" in text
