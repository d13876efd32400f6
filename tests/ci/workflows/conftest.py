from __future__ import annotations

from collections.abc import Callable

import pytest

from ci.programs import yaml_lines
from ci.workflows import node, workflow
from ci.workflows.workflow import Workflow

Parse = Callable[[str], Workflow]


@pytest.fixture(scope="session")
def parse() -> Parse:
    """Give what reads the text of a workflow."""

    def read(text: str) -> Workflow:
        return workflow.read(".github/workflows/ci.yml", node.read(yaml_lines.read(text)))

    return read


@pytest.fixture(scope="session")
def parse_action() -> Parse:
    """Give what reads the text of a composite action."""

    def read(text: str) -> Workflow:
        return workflow.action(".github/actions/a/action.yml", node.read(yaml_lines.read(text)))

    return read
