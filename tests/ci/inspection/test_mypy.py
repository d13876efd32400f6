from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ci.errors import ReportError, ToolError
from ci.inspection.linter import Answer
from ci.inspection.mypy import MYPY

if TYPE_CHECKING:
    from pathlib import Path


def test_lines_become_findings(reports: Path) -> None:
    text = (reports / "mypy.jsonl").read_text(encoding="utf-8")

    found = MYPY.findings(Answer(1, text, ""))

    assert [(each.id, each.place) for each in found] == [
        ("return-value", "shop/price.py:8"),
        ("no-untyped-def", "shop/price.py:11"),
    ]
    assert found[0].says == 'Incompatible return value type (got "str", expected "int")'
    assert found[0].remedy.endswith("#code-return-value")


def test_a_file_that_is_no_python_is_found(reports: Path) -> None:
    text = (reports / "mypy-syntax.jsonl").read_text(encoding="utf-8")

    found = MYPY.findings(Answer(2, text, ""))

    assert [each.place for each in found] == ["shop/broken.py:1", "shop/broken.py:2"]


def test_notes_are_no_findings() -> None:
    note = '{"file": "a.py", "line": 1, "message": "m", "hint": null, "code": null, "severity": "note"}'

    assert MYPY.findings(Answer(0, f"{note}\n\n", "")) == ()


def test_what_ends_before_it_looks_is_an_error() -> None:
    with pytest.raises(ToolError, match="Cannot read file"):
        MYPY.findings(Answer(2, "", "nope.py: error: Cannot read file"))


def test_an_internal_error_is_an_error() -> None:
    with pytest.raises(ReportError, match="mypy's report cannot be read"):
        MYPY.findings(Answer(2, "a.py:1: error: INTERNAL ERROR", ""))
