from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ci.workflows.event import Event
from ci.workflows.expression import condition

if TYPE_CHECKING:
    from collections.abc import Callable

    from ci.workflows.workflow import Workflow


@pytest.mark.parametrize(
    ("on", "name", "branch", "expected"),
    [
        ("push", "push", "main", True),
        ("[push, pull_request]", "pull_request", "main", True),
        ("push", "schedule", "main", False),
        ("{push: {branches: [main, 'release/**']}}", "push", "main", True),
        ("{push: {branches: [main, 'release/**']}}", "push", "release/1/x", True),
        ("{push: {branches: ['release/*']}}", "push", "release/1/x", False),
        ("{push: {branches: ['**', '!old/**']}}", "push", "old/x", False),
        ("{push: {branches: ['v[0-9]+']}}", "push", "v12", True),
        ("{push: {branches: ['a.c']}}", "push", "abc", False),
        ("{push: {branches-ignore: [main]}}", "push", "main", False),
        ("{push: {branches-ignore: [main]}}", "push", "other", True),
        ("{push: {tags: ['v*']}}", "push", "main", False),
        ("{push: {tags: ['v*'], branches: [main]}}", "push", "main", True),
        ("{push: {paths: ['x/**']}}", "push", "main", True),
        ("{schedule: [{cron: '1 2 * * *'}]}", "schedule", "main", True),
    ],
)
def test_an_event_starts_what_its_filters_let_pass(
    parse: Callable[[str], Workflow], on: str, name: str, branch: str, *, expected: bool
) -> None:
    assert Event(name, branch).starts(parse(f"on: {on}\n")) is expected


def test_inputs_are_those_given_or_their_defaults_and_of_one_event_alone(
    parse: Callable[[str], Workflow],
) -> None:
    inputs = "{a: {default: x}, b: {default: y}, c: {required: true}, d: {}, e: {type: boolean, default: true}}"
    workflow = parse(f"on: {{workflow_dispatch: {{inputs: {inputs}}}, push: }}\n")

    called = Event("workflow_dispatch", "main", {"b": "z"}).known(workflow)
    pushed = Event("push", "main").known(workflow)

    assert [called.get(f"inputs.{name}") for name in "abd"] == ["x", "z", ""]
    assert called["inputs.e"] is True
    assert "inputs.c" not in called
    assert [pushed[f"inputs.{name}"] for name in "abcd"] == [None] * 4


def test_a_pull_request_knows_what_it_is_for_and_is_one_of_a_fork(
    parse: Callable[[str], Workflow],
) -> None:
    known = Event("pull_request", "main").known(parse("name: x\n"))
    same = "github.event.pull_request.head.repo.full_name == github.repository"

    assert not condition(same, known)
    assert known["github.base_ref"] == "main"
    assert "github.ref" not in known
