from __future__ import annotations

import pytest

from ci.workflows.command import Call, calls


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("./dagger call test", Call("call", ("test",))),
        ("dagger --progress plain -s check a b", Call("check", ("a", "b"))),
        ("A=1 B='2 3' ./dagger call test", Call("call", ("test",))),
        ('./dagger --capture "$RUNNER_TEMP/x y" call test', Call("call", ("test",))),
        ("./dagger call test --a 'b c' # why", Call("call", ("test", "--a", "b c"))),
        ("./dagger call test >out.txt 2>&1", Call("call", ("test",))),
        ('xargs ./dagger call "$FUNCTION" <<< "$MORE"', Call("call", ("lint",), open=True)),
        ("./dagger -m github.com/x/y call test", Call("call", ("test",), "github.com/x/y")),
        ("./dagger --mod=. call ${FUNCTION}", Call("call", ("lint",), ".")),
        ("./dagger call $OTHER", Call("call", ("$OTHER",))),
    ],
)
def test_a_call_is_found_behind_options_and_variables(text: str, expected: Call) -> None:
    assert calls(text, {"FUNCTION": "lint"}) == [expected]


@pytest.mark.parametrize(
    "text",
    ["echo dagger call test", "./dagger cache save x", "./dagger", "", "'", "python -m dagger"],
)
def test_all_else_is_no_call(text: str) -> None:
    assert calls(text, {}) == []


def test_each_command_of_each_line_is_looked_at() -> None:
    line = "cd x && ./dagger call a; (./dagger call b || true) | ./dagger check c"

    found = calls(f"{line}\n./dagger call \\\n  d\n", {})

    assert [call.words for call in found] == [("a",), ("b",), ("c",), ("d",)]
