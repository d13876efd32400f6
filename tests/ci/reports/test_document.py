from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from ci import findings
from ci.reports import document
from tests.ci.reports.examples import ERROR, finding, many

if TYPE_CHECKING:
    from pathlib import Path


def test_it_has_a_version_the_gates_and_each_finding_with_gate_state_and_fingerprint() -> None:
    told = json.loads(document.render(many(100)))

    assert told["version"] == document.VERSION
    states = {gate["gate"]: (gate["state"], gate["error"]) for gate in told["gates"]}
    assert states == {
        "format": ("off", ""),
        "lint": ("red", ""),
        "scan": ("red", ""),
        "secrets": ("error", ERROR),
    }
    assert len(told["findings"]) == 100
    assert {each["state"] for each in told["findings"]} == {"failing", "waived", "tolerated"}
    waived = [each for each in told["findings"] if each["state"] == "waived"]
    assert all(each["waiver"]["owner"] == "ada" for each in waived)
    for each in told["findings"]:
        assert findings.read(each).fingerprint == each["fingerprint"]
        assert each["gate"] in {"lint", "scan"}


def test_every_key_is_described(root: Path) -> None:
    text = (root / "docs" / "reference" / "report.md").read_text(encoding="utf-8")
    _, *parts = text.split("## `findings.json`")[1].split("\nOf each ")
    gate, checked, found = (
        {
            key
            for row in re.findall(r"^\| (`.*?) \|", part, re.MULTILINE)
            for key in re.findall(r"`(\w+)`", row)
        }
        for part in parts
    )
    told = json.loads(document.render(many(100)))

    assert gate == told["gates"][0].keys()
    assert gate | checked == told["gates"][1].keys()
    assert found == set().union(*(each.keys() for each in told["findings"]))


def test_a_gate_says_what_it_is_by() -> None:
    _, linted, scanned, _ = json.loads(document.render(many(10)))["gates"]

    assert (linted["scanner"], linted["date"]) == ("ruff 0.17.6 of lint.txt", "2026-11-28")
    assert scanned["feed"].startswith("of 2026-11-23")
    assert finding().fingerprint not in json.dumps(linted)
