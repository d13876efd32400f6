from __future__ import annotations

import datetime as dt
from dataclasses import replace

from ci.outcome import Outcome
from ci.reports import terminal
from ci.waivers import Waiver
from tests.ci.reports.examples import ERROR, TODAY, finding, hostile, lint, many, scan

WIDTH = 100


def test_it_has_the_message_and_what_to_do_and_no_column_that_says_nothing() -> None:
    text = terminal.render(lint(finding()))

    head, row, *_ = text.splitlines()
    assert head.split() == ["Severity", "Id", "Place", "Message"]
    assert row.split() == ["MEDIUM", "F401", "shop/price.py:3", *finding().message.split()]
    assert "what to do:\n    F401: `dagger generate format-fix` mends it" in text
    assert text.endswith("given: 12 files\nby: ruff 0.17.6 of lint.txt")


def test_kinds_are_told_where_there_are_several() -> None:
    kinds = scan(*(each.verdict.division.counting[0] for each in many(20) if each.verdict))

    assert terminal.render(kinds).split()[:2] == ["Severity", "Kind"]


def test_of_many_the_worst_are_shown_and_where_all_are() -> None:
    _, linted, *_ = many(5000)

    lines = terminal.render(linted).splitlines()

    rows = [line for line in lines if "handlers.py" in line and not line.startswith("waived")]
    assert len(rows) == terminal.ROWS
    assert all(row.startswith("HIGH") for row in rows)
    assert "… and 3841 more: `./dagger call -o report report --gate=lint` has all" in lines
    assert "… and 59 more that are waived: `./dagger call -o report report --gate=lint`" in (
        "\n".join(lines)
    )
    assert len(lines) < 300


def test_it_is_readable_in_a_hundred_columns_and_has_no_spaces_at_the_end() -> None:
    lines = terminal.report(many(5000)).splitlines()

    said = [line for line in lines if not line.startswith(("waived", "… and"))]
    assert max(map(len, said)) == WIDTH
    assert all(line == line.rstrip() for line in lines)


def test_a_place_is_never_cut() -> None:
    path = f"{'deep/' * 20}price.py"

    (row,) = [
        line
        for line in terminal.render(lint(finding(path=path, message="m" * 200))).splitlines()
        if path in line
    ]

    assert row.endswith(f"{path}:3  {'m' * 29}…")


def test_a_remedy_is_told_once_with_the_rules_that_it_is_for() -> None:
    found = [finding(f"E{number}") for number in range(10, 19)]

    text = terminal.render(lint(*found, finding("S1", remedy="think")))

    assert (
        "what to do:\n"
        "    E10, E11, E12, E13, E14, E15 and 3 more: `dagger generate format-fix` mends it\n"
        "    S1: think\n"
    ) in text


def test_nothing_of_a_finding_steers_the_terminal() -> None:
    text = terminal.render(lint(*hostile()))

    assert all(character.isprintable() or character == "\n" for character in text)


def test_the_summary_has_each_gate() -> None:
    rows = terminal.summary(many(20)).splitlines()

    assert [row.split()[:2] for row in rows] == [
        ["Gate", "State"],
        ["format", "off"],
        ["lint", "red"],
        ["scan", "red"],
        ["secrets", "error"],
    ]
    assert terminal.render(Outcome("secrets", error=ERROR)) == ERROR


def test_waivers_are_told_with_who_answers_for_them() -> None:
    waiver = Waiver(id="F401", owner="ada", reason="shown", expires=TODAY)
    over = Waiver(id="F401", owner="ada", reason="shown", expires=TODAY - dt.timedelta(days=1))

    held, expired = (terminal.render(lint(finding(), waivers=(each,))) for each in (waiver, over))

    assert "waived: F401 shop/price.py:3: shown (ada, until 2026-11-28)" in held
    assert "the waiver of F401 by ada expired on 2026-11-27" in expired


def test_what_else_there_is_to_say_stands_above_the_verdict() -> None:
    verdict = scan().verdict
    assert verdict is not None
    look = replace(verdict.look, notes=("the sources disagree on A", "and on B"))

    text = terminal.render(Outcome("scan", replace(verdict, look=look)))

    assert "the sources disagree on A\nand on B\n\nnothing to mend" in text
