from __future__ import annotations

import pytest

from tests.ci.reports.examples import finding, hostile, vulnerability

FOUND = finding(message="line too long (105 > 100)")


@pytest.mark.parametrize(
    "change",
    [
        {"line": 30},
        {"message": "line too long  (99 > 100)"},
        {"installed": "1.1"},
        {"title": "another wording"},
        {"remedy": "think"},
    ],
)
def test_a_finding_is_the_same_where_only_that_changes(change: dict[str, object]) -> None:
    given = {"message": FOUND.message, **change}

    assert finding(**given).fingerprint == FOUND.fingerprint


@pytest.mark.parametrize(
    "change",
    [{"path": "a.py"}, {"tool": "flake8"}, {"target": "image"}, {"message": "m"}, {"package": "p"}],
)
def test_a_finding_is_another_where_that_changes(change: dict[str, object]) -> None:
    given = {"message": FOUND.message, **change}

    assert finding(**given).fingerprint != FOUND.fingerprint
    assert vulnerability(1).fingerprint != vulnerability(2).fingerprint


def test_numbers_in_names_count() -> None:
    assert finding(message="`a1` unused").fingerprint != finding(message="`a2` unused").fingerprint


def test_control_characters_and_marks_that_turn_text_around_are_no_part_of_what_is_shown() -> None:
    shown = finding(message="\x1b[31mred\x1b[0m\r\n\tend \x07\u202e\ud800").fit

    assert shown.message == "red\n\tend \ufffd\ufffd\ufffd"
    assert finding().fit == finding()
    assert all(each.fit.message.encode() for each in hostile())
