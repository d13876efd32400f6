from __future__ import annotations

import json

from ci import findings
from ci.reports import document
from tests.ci.reports.examples import ERROR, finding, many


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


def test_a_gate_says_what_it_is_by() -> None:
    _, linted, scanned, _ = json.loads(document.render(many(10)))["gates"]

    assert (linted["scanner"], linted["date"]) == ("ruff 0.17.6 of lint.txt", "2026-11-28")
    assert scanned["feed"].startswith("of 2026-11-23")
    assert finding().fingerprint not in json.dumps(linted)
