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


@pytest.mark.parametrize(
    ("gate", "changed", "only"),
    [
        ("format", ("app/a.py", "README.md"), ("README.md", "app/a.py")),
        ("format", (), ()),
        # The tool, its settings, or a name that a pattern would not find.
        ("format", ("app/a.py", "lint.txt"), None),
        ("format", ("app/a.py", "pyproject.toml"), None),
        ("format", ("app/a.py", "app/.gitignore"), None),
        ("format", ("app/[a].py",), None),
        ("format", (" a.py",), None),
        # Other files decide what is found in one.
        ("lint", ("app/a.py",), None),
        ("types", ("app/a.py",), None),
    ],
)
def test_a_tool_is_given_changed_files_alone_where_the_others_are_sure_to_be_as_before(
    gate: str, changed: tuple[str, ...], only: tuple[str, ...] | None
) -> None:
    planned = inspection.plan(settings.parse(TEXT), gate)

    assert {each.narrowed(changed).only for each in planned} == {only}
