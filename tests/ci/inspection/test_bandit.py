from __future__ import annotations

from typing import TYPE_CHECKING

from ci.findings import Severity
from ci.inspection.bandit import BANDIT
from ci.inspection.linter import Answer

if TYPE_CHECKING:
    from pathlib import Path


def test_findings_have_severity_place_and_what_to_do(reports: Path) -> None:
    text = (reports / "bandit.json").read_text(encoding="utf-8")

    found = BANDIT.findings(Answer(1, text, ""))

    assert [(each.id, each.severity.name, each.place) for each in found] == [
        ("B404", "LOW", "shop/price.py:2"),
        ("B105", "LOW", "shop/price.py:4"),
        ("B602", "HIGH", "shop/price.py:16"),
        ("unread", "HIGH", "shop/broken.py"),
    ]
    assert "# nosec B602" in found[2].remedy
    assert found[2].link.startswith("https://bandit.readthedocs.io/")


def test_no_password_is_repeated(reports: Path) -> None:
    text = (reports / "bandit.json").read_text(encoding="utf-8")
    assert "hunter2" in text

    documents = [each.document() for each in BANDIT.findings(Answer(1, text, ""))]

    assert "hunter2" not in str(documents)
    assert "Possible hardcoded password" in str(documents)


def test_a_file_that_it_passes_over_is_found_though_it_does_not_fail() -> None:
    text = '{"results": [], "errors": [{"filename": "./a.py", "reason": "syntax error"}]}'

    (found,) = BANDIT.findings(Answer(0, text, ""))

    assert (found.id, found.path, found.severity) == ("unread", "a.py", Severity.HIGH)
