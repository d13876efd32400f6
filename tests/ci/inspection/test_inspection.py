from __future__ import annotations

import pytest

from ci.errors import SelectionError
from ci.inspection import inspection, settings

TEXT = """
[tool.ci.format]
requirements = "lint.txt"
paths = ["app", "tests"]

[tool.ci.lint]
requirements = "lint.txt"
paths = ["app", "tests"]
tools = ["ruff", "flake8"]

[tool.ci.types.app]
requirements = "lint.txt"
[tool.ci.types.tools]
requirements = "tools.txt"
"""


@pytest.mark.parametrize(
    ("gate", "names"),
    [
        # Black judges each file alone, so that an edit in one path leaves the other one as it is.
        ("format", [("format app", ("app",)), ("format tests", ("tests",))]),
        ("lint", [("ruff", ("app", "tests")), ("flake8", ("app", "tests"))]),
        ("types", [("types app", (".",)), ("types tools", (".",))]),
        ("code-security", []),
    ],
)
def test_each_gate_has_its_inspections(gate: str, names: list[tuple[str, tuple[str, ...]]]) -> None:
    planned = inspection.plan(settings.parse(TEXT), gate)

    assert [(each.name, each.paths) for each in planned] == names


def test_messages_name_the_target() -> None:
    planned = inspection.plan(settings.parse(TEXT), "types")

    assert [each.table for each in planned] == ["tool.ci.types.app", "tool.ci.types.tools"]


def test_another_gate_is_refused() -> None:
    with pytest.raises(SelectionError, match="There is format, lint, types, code-security"):
        inspection.plan(settings.parse(TEXT), "style")


@pytest.mark.parametrize(
    ("path", "file", "expected"),
    [
        (".", "a.py", True),
        ("app", "app/a.py", True),
        ("./app/", "app/b/a.py", True),
        ("app", "application/a.py", False),
        ("app/a.py", "app/a.py", True),
        ("app/a.py", "app/b.py", False),
    ],
)
def test_below(path: str, file: str, *, expected: bool) -> None:
    assert inspection.below(path, file) is expected
