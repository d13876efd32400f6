"""This repository's own workflow files, as far as no tool and no rule holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dagger.mod import default_module

from ci.workflows import rules
from ci.workflows.interface import Function, Interface, kebab

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ci.workflows.workflow import Workflow

NOT_BY_HAND = {"publish", "serve"}
"""What needs a login and a key, and what never ends."""


@pytest.fixture(scope="module")
def files(root: Path) -> dict[str, str]:
    folder = root / ".github" / "workflows"
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.yml")}


def test_any_function_can_be_called_by_hand(
    files: dict[str, str], parse: Callable[[str], Workflow]
) -> None:
    options = parse(files["workflow-dispatch.yml"]).inputs()["function"]["options"].texts()
    there = {kebab(name) for name in default_module().get_object("Ci").functions if name}

    assert {*options} == there - NOT_BY_HAND


def test_each_file_is_described_beside_it(root: Path, files: dict[str, str]) -> None:
    text = (root / ".github" / "workflows" / "README.md").read_text(encoding="utf-8")

    for name in files:
        assert f"`{name}`" in text


def test_each_own_action_has_steps_of_one_line(
    root: Path, parse_action: Callable[[str], Workflow]
) -> None:
    paths = (root / ".github" / "actions").glob("*/action.yml")
    actions = tuple(parse_action(path.read_text(encoding="utf-8")) for path in paths)
    nothing = Interface("", Function({}, ""), {"": {}}, (), (), ())

    assert actions
    assert all(job.runs for action in actions for job in action.jobs)
    assert not rules.judge(rules.Subject((), nothing, actions=actions))


def test_a_token_that_can_write_is_never_given_to_a_fork(
    files: dict[str, str], parse: Callable[[str], Workflow]
) -> None:
    guards = ("github.event_name == 'push'", "head.repo.full_name == github.repository")
    for text in files.values():
        workflow = parse(text)
        for job in workflow.jobs:
            writes = ": write" in text.split(f"\n  {job.id}:\n")[1].split("\n\n  ")[0]
            if "pull_request" in workflow.events and (writes or "secrets." in str(job.runs)):
                assert any(guard in job.condition for guard in guards), (workflow.name, job.id)
