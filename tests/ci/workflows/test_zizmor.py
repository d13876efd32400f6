from __future__ import annotations

from typing import TYPE_CHECKING

from ci.inspection.linter import Answer
from ci.workflows import zizmor

if TYPE_CHECKING:
    from pathlib import Path

BAD = ".github/workflows/bad.yml"
SAID = f" INFO audit: zizmor: 🌈 completed {BAD}\n"


def test_findings_have_severity_place_and_what_to_do(reports: Path) -> None:
    text = (reports / "zizmor.json").read_text(encoding="utf-8")

    found = list(zizmor.read(Answer(0, text, SAID), [BAD]))

    assert [(each.id, each.severity.name, each.place) for each in found] == [
        ("artipacked", "MEDIUM", f"{BAD}:9"),
        ("excessive-permissions", "MEDIUM", f"{BAD}:6"),
        ("dangerous-triggers", "HIGH", f"{BAD}:3"),
        ("template-injection", "HIGH", f"{BAD}:10"),
        ("unpinned-uses", "HIGH", f"{BAD}:9"),
    ]
    assert found[3].message == (
        "code injection via template expansion: may expand into attacker-controllable code"
    )
    assert found[3].remedy == "see https://docs.zizmor.sh/audits/#template-injection"


def test_a_file_that_it_passes_over_is_found() -> None:
    found = list(zizmor.read(Answer(3, "", "no inputs collected"), [BAD, "action.yml"]))

    assert [(each.id, each.path) for each in found] == [("unread", BAD), ("unread", "action.yml")]


def test_it_asks_nobody_and_takes_any_path() -> None:
    command = zizmor.command(["--a b.yml"])

    assert "--offline" in command
    assert command[-2:] == ["--", "--a b.yml"]
