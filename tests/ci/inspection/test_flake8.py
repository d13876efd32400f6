from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ci.errors import ReportError
from ci.findings import Severity
from ci.inspection.flake8 import FLAKE8
from ci.inspection.linter import Answer

if TYPE_CHECKING:
    from pathlib import Path


def test_lines_become_findings(reports: Path) -> None:
    text = (reports / "flake8.txt").read_text(encoding="utf-8")

    found = FLAKE8.findings(Answer(1, text, ""))

    assert [(each.id, each.place) for each in found] == [
        ("E999", "shop/broken.py:1"),
        ("F401", "shop/price.py:1"),
        ("E201", "shop/price.py:11"),
        ("E202", "shop/price.py:11"),
        ("E271", "shop/price.py:17"),
    ]
    assert found[0].severity is Severity.HIGH
    assert found[1].says == "'os' imported but unused"


def test_a_line_of_another_form_is_an_error() -> None:
    with pytest.raises(ReportError, match="flake8's report cannot be read"):
        FLAKE8.findings(Answer(1, "a plugin says hello\n", ""))
