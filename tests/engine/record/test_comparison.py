"""Which step of another run is the same one, and which of its inputs differ, as values."""

from __future__ import annotations

from typing import Any

import pytest

from portable_dagger.record.comparison import counterpart, differences
from portable_dagger.record.runs import Run


def files(*layers: str, digest: str = "") -> dict[str, Any]:
    found = {"layers": list(layers), "path": "/"}
    return {**found, "digest": digest} if digest else found


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ({"env MODE": "a"}, {"env MODE": "b"}, ['env MODE: "a" -> "b"']),
        ({}, {"env MODE": "b"}, ['env MODE is new: "b"']),
        ({"env MODE": "a"}, {}, ['env MODE is gone, it was "a"']),
        ({"args": ["a"]}, {"args": ["a", "b"]}, ['args: ["a"] -> ["a", "b"]']),
        (
            {"secret T": {"secret": "1"}},
            {"secret T": {"secret": "2"}},
            ["secret T is another one, or has another value"],
        ),
        ({"secret T": {"secret": "1"}}, {}, ["secret T is gone, it was (a secret)"]),
        ({"m": files("1", digest="c")}, {"m": files("2", digest="c")}, []),
        ({"root": files("1")}, {"root": files("1")}, []),
        ({"root": files("1")}, {"root": files("1", "2")}, ["root: 1 layers -> 2 layers"]),
        ({"env A": ""}, {"env A": ""}, []),
    ],
)
def test_differences(before: dict[str, Any], now: dict[str, Any], told: list[str]) -> None:
    assert [str(d) for d in differences(before, now)] == told


def run(name: str, *steps: str) -> Run:
    made = [
        {"step": number, "kind": text.split()[0], "name": text}
        for number, text in enumerate(steps, 1)
    ]
    return Run({"run": name}, made, 1.0)


@pytest.mark.parametrize(
    ("steps", "number", "other", "found"),
    [
        (("exec make", "exec test"), 2, ("exec test", "exec make"), 1),
        (("exec make", "exec make"), 2, ("exec make", "image x", "exec make"), 3),
        (("exec make", "exec make"), 2, ("exec make",), 1),
        (("exec pytest -q", "exec make"), 1, ("exec make", "exec pytest -x"), 2),
        (("exec make all",), 1, ("image make all",), None),
        (("exec pytest",), 1, ("exec sleep 5",), None),
        (("function ci: tests",), 1, ("function ci: test",), None),
        (("exec make a", "exec make b"), 1, ("exec make b",), None),
    ],
)
def test_the_same_step_of_another_run(
    steps: tuple[str, ...], number: int, other: tuple[str, ...], found: int | None
) -> None:
    here = run("now", *steps)
    same = counterpart(here.steps[number - 1], here, run("before", *other))
    assert (same["step"] if same else None) == found
