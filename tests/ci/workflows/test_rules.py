from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ci.workflows import rules
from ci.workflows.interface import Argument, Function, Interface
from ci.workflows.rules import Subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from ci.workflows.workflow import Workflow

SHOP = Interface(
    main="Shop",
    constructor=Function({}, ""),
    objects={
        "Shop": {
            "lint": Function({"--path": Argument(required=False, switch=False)}, ""),
            "test": Function({}, ""),
            "scan": Function({}, ""),
        }
    },
    checks=("lint", "test"),
    generators=(),
    services=(),
)
CLEAN = """\
on:
  push:
  workflow_dispatch:
    inputs:
      function: {type: choice, options: [lint, test]}
jobs:
  test:
    timeout-minutes: 5
    strategy: {matrix: {gate: [lint, test]}}
    steps:
      - uses: actions/checkout@v4
      - run: ./dagger check ${{ matrix.gate }}
  any:
    timeout-minutes: 5
    steps:
      - run: ./dagger call "$FUNCTION"
        env: {FUNCTION: '${{ inputs.function }}'}
  scan:
    timeout-minutes: 5
    steps:
      - run: ./dagger call scan
  reused:
    uses: ./.github/workflows/other.yml
"""
ACTION = """\
name: a
runs:
  using: composite
  steps:
    - run: {run}
      shell: bash
"""


def judge(*workflows: Workflow, also: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    return [(each.id, each.place) for each in rules.judge(Subject(workflows, SHOP, also))]


def test_a_workflow_that_is_right_breaks_no_rule(parse: Callable[[str], Workflow]) -> None:
    assert judge(parse(CLEAN), also=("scan",)) == []


@pytest.mark.parametrize(
    ("old", "new", "rule", "line"),
    [
        ("call scan", "call scna", "unknown-function", 21),
        ("call scan", "call scan --feed=x", "unknown-argument", 21),
        ("options: [lint, test]", "options: [lint, tset]", "unknown-function", 16),
        ("type: choice, options: [lint, test]", "type: string", "unknown-function", 16),
        ("gate: [lint, test]", "gate: [lint, test, tpes]", "unknown-function", 12),
        ("- run: ./dagger call scan", "- run: |\n          true\n          ./dagger call scan", "long-run", 21),
        ("- run: ./dagger call scan", "- run: make scan", "no-call", 18),
        ("scan:\n    timeout-minutes: 5", "scan:", "no-timeout", 18),
    ],
)  # fmt: skip
def test_each_rule_says_which_line_breaks_it(
    parse: Callable[[str], Workflow], old: str, new: str, rule: str, line: int
) -> None:
    assert old in CLEAN
    path = ".github/workflows/ci.yml"

    assert judge(parse(CLEAN.replace(old, new, 1))) == [(rule, f"{path}:{line}")]


def test_every_gate_has_to_be_called_by_some_job(parse: Callable[[str], Workflow]) -> None:
    text = "on: push\njobs: {a: {timeout-minutes: 1, steps: [{run: ./dagger call test}]}}"

    found = rules.judge(Subject((parse(text),), SHOP, ("scan",)))

    assert [(each.id, each.place, each.message) for each in found] == [
        ("uncalled-gate", ".github/workflows", "no job calls 'lint' at a push or a pull request"),
        ("uncalled-gate", ".github/workflows", "no job calls 'scan' unless somebody asks for it"),
    ]
    assert judge(parse(text), parse(text.replace("call test", "check"))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  push:\n", ""),
        ("  push:\n", "  schedule:\n"),
        ("- run: ./dagger check", "- if: false\n        run: ./dagger check"),
        ("- run: ./dagger check", "- continue-on-error: true\n        run: ./dagger check"),
        ("    strategy:", "    continue-on-error: true\n    strategy:"),
        ("check ${{ matrix.gate }}", "check ${{ matrix.gate }} || true"),
        ("check ${{ matrix.gate }}", "check ${{ matrix.gate }} | tee log"),
        ("check ${{ matrix.gate }}", "check ${{ matrix.gate }} --list"),
        ("    strategy:", "    if: github.event_name == 'workflow_dispatch'\n    strategy:"),
    ],
)
def test_what_somebody_may_choose_what_never_runs_and_what_may_fail_calls_no_gate(
    parse: Callable[[str], Workflow], old: str, new: str
) -> None:
    assert old in CLEAN
    found = judge(parse(CLEAN.replace(old, new, 1)))

    assert found == [("uncalled-gate", ".github/workflows")] * 2


def test_a_gate_is_called_by_a_workflow_that_another_one_is_made_of(
    parse: Callable[[str], Workflow],
) -> None:
    job = "jobs: {a: {timeout-minutes: 1, steps: [{run: ./dagger check}]}}"
    called = replace(parse(f"on: workflow_call\n{job}"), path=".github/workflows/other.yml")
    caller = parse("on: push\njobs: {a: {uses: ./.github/workflows/other.yml}}")

    assert judge(caller, called) == []
    assert {rule for rule, _ in judge(called)} == {"uncalled-gate"}


def test_what_runs_daily_is_called_but_holds_no_change(parse: Callable[[str], Workflow]) -> None:
    text = "on: {schedule: []}\njobs: {a: {timeout-minutes: 1, steps: [{run: ./dagger call scan}]}}"
    checks = "on: push\njobs: {a: {timeout-minutes: 1, steps: [{run: ./dagger check}]}}"
    daily = replace(parse(text), path=".github/workflows/daily.yml")

    assert judge(parse(checks), daily, also=("scan",)) == []


@pytest.mark.parametrize(
    ("run", "broken"),
    [
        ("./dagger cache load x", set()),
        ("./dagger call lint --path=x", set()),
        ("|\n        true\n        true", {"long-run"}),
        ("./dagger call lnit", {"unknown-function"}),
        ("./dagger call lint --pth=x", {"unknown-argument"}),
    ],
)
def test_steps_of_an_action_are_held_too(
    parse: Callable[[str], Workflow],
    parse_action: Callable[[str], Workflow],
    run: str,
    broken: set[str],
) -> None:
    action = parse_action(ACTION.format(run=run))
    found = rules.judge(Subject((parse(CLEAN),), SHOP, actions=(action,)))

    assert {each.id for each in found} == broken
    assert {each.place for each in found} <= {".github/actions/a/action.yml:5"}


def test_what_an_action_runs_calls_no_gate(
    parse: Callable[[str], Workflow], parse_action: Callable[[str], Workflow]
) -> None:
    action = parse_action(ACTION.format(run="./dagger check"))
    text = "on: push\njobs: {a: {timeout-minutes: 1, steps: [{run: ./dagger call test}]}}"
    found = rules.judge(Subject((parse(text),), SHOP, actions=(action,)))

    assert [each.id for each in found] == ["uncalled-gate"]


@pytest.mark.parametrize("text", ["", "[]", "runs: 3", "runs: {using: node20, main: a.js}"])
def test_what_is_no_composite_action_breaks_no_rule(
    parse: Callable[[str], Workflow], parse_action: Callable[[str], Workflow], text: str
) -> None:
    assert not rules.judge(Subject((parse(CLEAN),), SHOP, actions=(parse_action(text),)))


def test_another_module_is_no_call_of_this_one(parse: Callable[[str], Workflow]) -> None:
    text = CLEAN.replace("./dagger call scan", "./dagger -m github.com/x/y call scan")

    assert judge(parse(text)) == [("no-call", ".github/workflows/ci.yml:18")]
