from __future__ import annotations

from typing import TYPE_CHECKING

from ci.inspection.linter import Answer
from ci.workflows import actionlint
from ci.workflows.settings import ACTIONLINT

if TYPE_CHECKING:
    from pathlib import Path

BAD = ".github/workflows/bad.yml"


def test_findings_have_place_and_what_to_do(reports: Path) -> None:
    text = (reports / "actionlint.json").read_text(encoding="utf-8")

    found = list(actionlint.read(Answer(1, text, "")))

    assert [(each.id, each.place) for each in found] == [
        ("events", f"{BAD}:4"),
        ("expression", f"{BAD}:10"),
        ("shellcheck", f"{BAD}:11"),
    ]
    assert found[0].message.startswith('unknown Webhook event "pusch"')
    assert found[0].remedy.startswith("see https://github.com/rhysd/actionlint/")


def test_nothing_found_is_nothing() -> None:
    assert list(actionlint.read(Answer(0, "[]", ""))) == []


def test_its_version_is_the_one_that_is_built(root: Path) -> None:
    folder = root / "ci" / "src" / "ci" / "workflows" / "actionlint"

    assert f"{actionlint.VERSION} " in (folder / "go.mod").read_text(encoding="utf-8")
    assert f":{actionlint.VERSION}@sha256:" in ACTIONLINT
