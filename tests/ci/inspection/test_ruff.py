from __future__ import annotations

from typing import TYPE_CHECKING

from ci.findings import Finding, Kind, Severity
from ci.inspection.linter import Answer
from ci.inspection.ruff import RUFF, fix_command

if TYPE_CHECKING:
    from pathlib import Path


def test_findings_have_rule_place_message_and_what_to_do(reports: Path) -> None:
    text = (reports / "ruff.json").read_text(encoding="utf-8")

    *broken, unused = RUFF.findings(Answer(1, text, ""))[:3]

    assert [(found.id, found.place, found.severity) for found in broken] == [
        ("invalid-syntax", "shop/broken.py:1", Severity.HIGH),
        ("invalid-syntax", "shop/broken.py:2", Severity.HIGH),
    ]
    assert unused == Finding(
        kind=Kind.LINT,
        id="F401",
        severity=Severity.MEDIUM,
        target="source",
        path="shop/price.py",
        line=1,
        title="unused-import",
        message="`os` imported but unused",
        remedy="`dagger generate format-fix` mends it",
        link="https://docs.astral.sh/ruff/rules/unused-import",
        tool="ruff",
    )


def test_nothing_found_is_no_finding() -> None:
    assert RUFF.findings(Answer(0, "[]", "")) == ()


def test_mending_does_not_fail_for_what_it_cannot_mend() -> None:
    assert {"--fix", "--exit-zero"} <= set(fix_command(["app"]))
    assert "--unsafe-fixes" not in fix_command(["app"])
