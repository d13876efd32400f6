from __future__ import annotations

import pytest

from ci.workflows.command import calls
from ci.workflows.interface import Argument, Function, Interface
from ci.workflows.route import Route, follow, matches

NEEDED = Argument(required=True, switch=False)
TEXT = Argument(required=False, switch=False)
FLAG = Argument(required=False, switch=True)
SHOP = Interface(
    main="Shop",
    constructor=Function({"--source": TEXT}, ""),
    objects={
        "Shop": {
            "lint": Function({"--path": TEXT, "--deep": FLAG}, ""),
            "deploy": Function({"--to": NEEDED}, ""),
            "docs": Function({}, "Docs"),
        },
        "Docs": {"spelling": Function({"--word": TEXT}, "")},
    },
    checks=("docs:spelling", "lint"),
    generators=("format",),
    services=("serve",),
)


def follow_line(line: str) -> Route:
    (call,) = calls(f"./dagger {line}", {})
    return follow(call, SHOP)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("call lint", ["lint"]),
        ("call --source=. -o out lint --path x --deep", ["lint"]),
        ("call lint --deep --path=x contents", ["lint"]),
        ("call docs spelling --word=x", ["docs:spelling"]),
        ("check", ["docs:spelling", "lint", "format"]),
        ("check --no-generate", ["docs:spelling", "lint"]),
        ("check docs", ["docs:spelling"]),
        ("check shop:lint 'l*'", ["lint", "lint"]),
        ("generate", ["format"]),
        ("up serve", ["serve"]),
    ],
)
def test_a_call_that_is_right_leads_to_what_it_runs(line: str, names: list[str]) -> None:
    assert follow_line(line) == Route(names, [])


@pytest.mark.parametrize(
    ("line", "rule", "says", "remedy"),
    [
        ("call lnit", "unknown-function", "the module has no function lnit", "there is lint"),
        ("call zzz", "unknown-function", "no function zzz", "there is deploy, docs, lint"),
        ("call docs speling", "unknown-function", "no function speling", "there is spelling"),
        ("call $WHAT", "unknown-function", "which function $WHAT is", "name it"),
        (
            "call lint --pth x",
            "unknown-argument",
            "`lint` has no argument --pth",
            "there is --path",
        ),
        (
            "call --sorce=. lint",
            "unknown-argument",
            "the module has no argument --sorce",
            "--source",
        ),
        ("call deploy", "missing-argument", "`deploy` is called without --to", "give --to"),
        ("check lnit", "unknown-function", "the module has no check lnit", "there is lint"),
        ("generate lint", "unknown-function", "no generator lint", "there is format"),
    ],
)
def test_a_call_that_is_wrong_says_what_there_is(
    line: str, rule: str, says: str, remedy: str
) -> None:
    (fault,) = follow_line(line).faults

    assert fault.rule == rule
    assert says in fault.message
    assert remedy in fault.remedy


def test_what_a_run_adds_may_be_what_is_missing() -> None:
    (call,) = calls("xargs ./dagger call deploy <<< $MORE", {})

    assert follow(call, SHOP).faults == []


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("a:b", True), ("a", True), ("a:*", True), ("b", False), ("a:b:c", False), ("*:b", True)],
)
def test_a_pattern_names_the_start_of_a_name(pattern: str, *, expected: bool) -> None:
    assert matches("a:b", pattern) is expected
