"""How checks went, as text; test_with_engine.py runs some for real."""

from __future__ import annotations

from portable_dagger.cli.outcomes import Outcome, table, told
from portable_dagger.errors import EngineError, RequestError

OUTCOMES = (
    Outcome("ci:types", 61.0, RequestError("exit code: 4\n", stdout="out\n", stderr="err\n")),
    Outcome("ci:format", 0.25, None),
    Outcome("ci:code", 1.0, EngineError("2 findings to mend\n\nthe table\n", "mend them")),
)


def test_the_table_has_a_line_for_each_by_name() -> None:
    assert table(OUTCOMES, ["ci:lint"]) == [
        "✘ ci:code     1.0s    2 findings to mend",
        "✔ ci:format   0.2s",
        "… ci:lint             given up",
        "✘ ci:types    1m01s   exit code: 4",
    ]


def test_what_failed_is_told_one_after_another() -> None:
    code = ["── ci:code", "2 findings to mend\n\nthe table", "Hint: mend them", ""]
    types = ["── ci:types", "exit code: 4"]

    assert list(told(OUTCOMES)) == [*code, *types, "out", "err", ""]
    assert list(told(OUTCOMES, output=False)) == [*code, *types, ""]
    assert list(told(OUTCOMES[1:2])) == []
