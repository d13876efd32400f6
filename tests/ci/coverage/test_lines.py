from __future__ import annotations

import json

import pytest

from ci.coverage.lines import NOTHING, Uncovered, newly, parse, ranges
from ci.errors import ReportError

TEXT = "a\nb\nc\nd\n"


def uncovered(missing: set[int], partial: set[int] | None = None) -> Uncovered:
    return Uncovered(frozenset(missing), frozenset(partial or ()))


def test_files_have_lines_that_do_not_run_and_lines_that_go_one_way() -> None:
    files = {
        "a.py": {"missing_lines": [3, 4], "missing_branches": [[2, 3], [3, 4], [7, -1]]},
        "b.py": {"missing_lines": []},
    }

    assert parse(json.dumps({"files": files})) == {
        "a.py": uncovered({3, 4}, {2, 7}),
        "b.py": NOTHING,
    }


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": {"a.py": {}}}'])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(ReportError, match=r"not coverage\.py's JSON"):
        parse(text)


def test_a_line_that_ran_before_is_new() -> None:
    assert newly(TEXT, TEXT, uncovered({1}), uncovered({1, 3})) == uncovered({3})


def test_a_line_that_moved_is_not_new() -> None:
    assert newly(TEXT, f"new\n{TEXT}", uncovered({2}), uncovered({1, 3})) == uncovered({1})


def test_a_line_that_was_changed_is_new() -> None:
    assert newly(TEXT, TEXT.replace("b", "x"), uncovered({2}), uncovered({2})) == uncovered({2})


def test_every_line_of_a_new_file_is_new() -> None:
    assert newly("", TEXT, NOTHING, uncovered({1, 4}, {2})) == uncovered({1, 4}, {2})


def test_a_line_that_did_not_run_may_go_one_way() -> None:
    assert newly(TEXT, TEXT, uncovered({2}), uncovered(set(), {2})) == NOTHING


def test_lines_that_follow_each_other_are_told_together() -> None:
    assert list(ranges([7, 1, 2, 3, 9, 8])) == [(1, 3), (7, 9)]
    assert list(ranges([5])) == [(5, 5)]
    assert list(ranges([])) == []
