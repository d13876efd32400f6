"""Events: which workflows they start, and what jobs know of them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ci.workflows import DISPATCH, PULL_REQUEST
from ci.workflows.node import Node
from ci.workflows.operators import Value
from ci.workflows.workflow import Workflow

TEMPORARY: Final = "$RUNNER_TEMP"


@dataclass(frozen=True, slots=True)
class Event:
    """An event. branch: that is pushed, that a pull request is for, or that the others run on. inputs: as given."""

    name: str
    branch: str
    inputs: Mapping[str, str] = field(default_factory=dict)

    def starts(self, workflow: Workflow) -> bool:
        """Return whether it starts a workflow. Paths are not looked at: which files changed is not known."""
        return self.name in workflow.events and _chosen(workflow.events[self.name], self.branch)

    def known(self, workflow: Workflow) -> Mapping[str, Value]:
        """Return what expressions know of it, by the names of the contexts."""
        told: dict[str, Value] = {
            "github.event_name": self.name,
            "github.workflow": workflow.name,
            "runner.temp": TEMPORARY,
        }
        if self.name == PULL_REQUEST:
            told["github.base_ref"] = self.branch
            # As of a fork: there is no token here either.
            told["github.repository"] = "here/repository"
            told["github.event.pull_request.head.repo.full_name"] = "elsewhere/repository"
        else:
            told["github.ref"] = f"refs/heads/{self.branch}"
            told["github.ref_name"] = self.branch
            told["github.ref_type"] = "branch"
        for name, given in workflow.inputs().items():
            value = self.inputs.get(name, given["default"].text)
            if self.name != DISPATCH:
                told[f"inputs.{name}"] = None
            elif value or given["required"].text != "true":
                boolean = given["type"].text == "boolean"
                told[f"inputs.{name}"] = value == "true" if boolean else value
        return told


def _chosen(filters: Node, branch: str) -> bool:
    """Return whether the filters of an event let a branch pass; filters of tags alone let none."""
    if "branches-ignore" in filters:
        return not _any(filters["branches-ignore"].texts(), branch)
    if "branches" in filters:
        return _any(filters["branches"].texts(), branch)
    return "tags" not in filters and "tags-ignore" not in filters


def _any(patterns: list[str], name: str) -> bool:
    """Return whether the last pattern that matches a name is none that begins with `!`."""
    chosen = False
    for pattern in patterns:
        if re.fullmatch(_expression(pattern.removeprefix("!")), name):
            chosen = not pattern.startswith("!")
    return chosen


def _expression(pattern: str) -> str:
    """Return a filter pattern of GitHub as a regular expression: `*` stays within a folder, `**` does not."""
    parts = re.findall(r"\*\*|\*|\[[^\]]*\]|[?+]|\\?.", pattern)
    translated = {"**": ".*", "*": "[^/]*", "?": "?", "+": "+"}
    return "".join(
        translated.get(part) or (part if part.startswith("[") else re.escape(part.lstrip("\\")))
        for part in parts
    )
