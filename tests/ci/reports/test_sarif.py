from __future__ import annotations

import json
from typing import Any

from ci.reports import sarif
from tests.ci.reports.examples import ERROR, finding, hostile, lint, many, vulnerability

SCHEMA = {
    "": {"version", "runs"},
    "run": {"tool"},
    "result": {"message"},
    "invocation": {"executionSuccessful"},
    "notification": {"message"},
    "suppression": {"kind"},
}
"""What the schema requires (SARIF 2.1.0, 3.13, 3.14, 3.20, 3.27, 3.35, 3.58)."""


def runs(text: str) -> list[dict[str, Any]]:
    document = json.loads(text)
    assert document.keys() >= SCHEMA[""]
    assert document["version"] == "2.1.0"
    for run in document["runs"]:
        assert run.keys() >= SCHEMA["run"]
        assert run["tool"]["driver"]["name"]
        rules = {rule["id"] for rule in run["tool"]["driver"].get("rules", ())}
        for invocation in run["invocations"]:
            assert invocation.keys() >= SCHEMA["invocation"]
            for notification in invocation.get("toolExecutionNotifications", ()):
                assert notification.keys() >= SCHEMA["notification"]
        for result in run["results"]:
            assert result.keys() >= SCHEMA["result"]
            assert result["message"]["text"]
            assert result["ruleId"] in rules
            assert result["level"] in {"error", "warning", "note"}
            assert all(
                each.keys() >= SCHEMA["suppression"] for each in result.get("suppressions", ())
            )
    found: list[dict[str, Any]] = document["runs"]
    return found


def test_each_gate_has_runs_of_its_own_and_one_that_could_not_be_checked_has_failed() -> None:
    linted, scanned, failed = runs(sarif.render(many(100)))

    assert [run["automationDetails"]["id"] for run in (linted, scanned, failed)] == [
        "lint/",
        "scan/",
        "secrets/",
    ]
    (ended,) = failed["invocations"]
    assert not ended["executionSuccessful"]
    assert ended["toolExecutionNotifications"][0]["message"]["text"] == ERROR
    assert {each["kind"] for each in scanned["results"][-11]["suppressions"]} == {"external"}


def test_a_finding_is_known_again_where_its_line_moved() -> None:
    def prints(*found: int) -> list[dict[str, str]]:
        (run,) = runs(sarif.render([lint(*(finding(line=line) for line in found))]))
        return [result["partialFingerprints"] for result in run["results"]]

    assert prints(3) == prints(30)
    assert prints(3) == [{"ci/v1": finding().fingerprint}]


def test_addresses_are_such_and_paths_are_references() -> None:
    (run,) = runs(sarif.render([lint(finding(path="a b/#1.py"), *hostile())]))

    links = [rule["helpUri"] for rule in run["tool"]["driver"]["rules"] if "helpUri" in rule]
    assert all(link.startswith("https://") for link in links)
    uris = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
    ]
    assert "a%20b/%231.py" in uris
    assert not any(set(' <>"\n') & set(uri) for uri in uris)


def test_the_message_has_package_what_is_wrong_and_what_to_do() -> None:
    (run,) = runs(sarif.render([lint(vulnerability(1), finding())]))

    assert run["results"][0]["message"]["text"] == (
        "`os` imported but unused: `dagger generate format-fix` mends it"
    )
