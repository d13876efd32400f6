from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from ci import findings, scan_settings, waivers
from ci.errors import SettingsError
from ci.feed import check_age, read_date
from ci.findings import Finding, Kind, Look, Severity
from ci.outcome import Outcome
from ci.reports import sarif, terminal
from ci.scan_settings import ScanSettings
from ci.verdict import Verdict, judge
from ci.waivers import Waiver

TODAY = dt.date(2026, 11, 23)
WAIVER = Waiver(id="CVE-1", owner="ops", reason="not reachable", expires=TODAY)


def finding(name: str = "CVE-1", severity: Severity = Severity.HIGH, fixed: str = "2") -> Finding:
    return Finding(
        kind=Kind.VULNERABILITY,
        id=name,
        severity=severity,
        target="source",
        path="a/lock.txt",
        line=3,
        package="shop",
        installed="1",
        fixed=fixed,
    )


def verdict(found: list[Finding], *held: Waiver, today: dt.date = TODAY) -> Verdict:
    look = Look(tuple(found), packages=12, files=1)
    return judge(look, ScanSettings(), held, scanner="trivy", feed="of today", today=today)


def test_a_waiver_holds_until_its_last_day() -> None:
    held = verdict([finding()], WAIVER)
    over = verdict([finding()], WAIVER, today=TODAY + dt.timedelta(days=1))

    assert held.faults == []
    assert "waived: CVE-1 a/lock.txt:3: not reachable (ops, until 2026-11-23)" in terminal.verdict(
        held
    )
    assert over.faults == [
        "1 finding to mend",
        "the waiver of CVE-1 by ops expired on 2026-11-23: mend what it is for, or renew it",
    ]


def test_an_expired_waiver_fails_without_a_finding_too() -> None:
    assert verdict([], WAIVER, today=dt.date(2027, 1, 1)).faults


def test_a_waiver_of_nothing_is_told_and_does_not_fail() -> None:
    found = verdict([], WAIVER)

    assert found.faults == []
    assert "the waiver of CVE-1 by ops: nothing was found" in terminal.verdict(found)


@pytest.mark.parametrize(
    ("package", "path", "holds"),
    [("shop", "", True), ("other", "", False), ("", "a/*", True), ("", "b/*", False)],
)
def test_a_waiver_may_be_of_a_package_or_path(package: str, path: str, *, holds: bool) -> None:
    waiver = Waiver(id="CVE-1", package=package, path=path, owner="o", reason="r", expires=TODAY)

    assert (verdict([finding()], waiver).faults == []) is holds


def test_it_is_told_how_much_was_looked_at() -> None:
    found = verdict([])

    assert "looked at: 12 packages, 1 file\nscanner: trivy" in terminal.verdict(found)
    told = found.document()
    assert (told["packages"], told["files"]) == (12, 1)


def test_severity_and_a_missing_fix_let_findings_pass() -> None:
    found = verdict([finding(severity=Severity.MEDIUM), finding("CVE-2", fixed="")])

    assert (found.faults, len(found.tolerated)) == ([], 2)


def test_licences_pass_or_fail_by_the_lists() -> None:
    licence = Finding(kind=Kind.LICENCE, id="GPL-3.0", severity=Severity.HIGH, target="image")

    assert not ScanSettings().fails(licence)
    assert ScanSettings(licences_denied=("GPL-3.0",)).fails(licence)
    assert ScanSettings(licences_allowed=("MIT",)).fails(licence)


def test_one_set_of_findings_is_told_as_json_and_sarif() -> None:
    found = verdict([finding(), finding("CVE-2"), finding("CVE-3", Severity.LOW)], WAIVER)

    states = {entry["id"]: entry["state"] for entry in found.document()["findings"]}
    assert states == {"CVE-1": "waived", "CVE-2": "failing", "CVE-3": "tolerated"}
    (run,) = json.loads(sarif.render([Outcome("scan", found)]))["runs"]
    results = {result["ruleId"]: result for result in run["results"]}
    assert {name: result["level"] for name, result in results.items()} == {
        "CVE-1": "error",
        "CVE-2": "error",
        "CVE-3": "note",
    }
    assert results["CVE-2"]["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "a/lock.txt"},
                "region": {"startLine": 3},
            }
        }
    ]
    assert results["CVE-1"]["suppressions"][0]["kind"] == "external"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["CVE-1", "CVE-2", "CVE-3"]


def test_waivers_are_read_and_owner_reason_and_date_are_required() -> None:
    least = '[[tool.ci.waivers]]\nid = "CVE-1"\nowner = "ops"\nreason = "not reachable"\n'

    assert waivers.parse(f"{least}expires = 2026-11-23\n") == (WAIVER,)
    assert waivers.parse("[tool.ci]\n") == ()
    for line in ("", 'expires = "2026-11-23"', "expires = 2026-11-23T10:00:00"):
        with pytest.raises(SettingsError, match=r"waivers\[0\].expires"):
            waivers.parse(f"{least}{line}\n")


@pytest.mark.parametrize(
    "line",
    [
        'image = "aquasec/trivy:0.69.3"',
        f'image = "aquasec/trivy:0.69.4@sha256:{"0" * 64}"',
        'severity = ["BAD"]',
        "feed-max-age-days = 0",
    ],
)
def test_wrong_settings_are_refused(line: str) -> None:
    with pytest.raises(SettingsError, match=line.split(maxsplit=1)[0]):
        scan_settings.parse(f"[tool.ci.scan]\n{line}\n")


def test_a_feed_is_of_a_date_and_not_too_old() -> None:
    updated = read_date('{"Version": 2, "UpdatedAt": "2026-11-20T06:00:00.123456789Z"}')
    now = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)

    check_age(updated, now, 3)
    with pytest.raises(Exception, match="2026-11-20, 2 days ago"):
        check_age(updated, now, 1)
    for text in ("", "{}", '{"Version": 1, "UpdatedAt": "2026-11-20T06:00:00Z"}'):
        with pytest.raises(Exception, match="the feed"):
            read_date(text)


@pytest.mark.parametrize(("tool", "holds"), [("", True), ("trivy", True), ("ruff", False)])
def test_a_waiver_may_be_of_a_tool(tool: str, *, holds: bool) -> None:
    waiver = Waiver(id="CVE-1", tool=tool, owner="o", reason="r", expires=TODAY)

    assert (verdict([finding()], waiver).faults == []) is holds


def test_a_waiver_of_a_tool_that_there_is_not_is_refused() -> None:
    text = "[[tool.ci.waivers]]\nid = 'F401'\ntool = 'rufff'\nowner = 'o'\nreason = 'r'\n"

    with pytest.raises(
        SettingsError, match=r"waivers\[0\]\.tool .* one of actionlint, bandit, black"
    ):
        waivers.parse(f"{text}expires = 2027-01-01\n")


def test_a_tool_is_told_of_its_own_waivers_and_of_those_for_what_it_found() -> None:
    def waiver(name: str, tool: str = "") -> Waiver:
        return Waiver(id=name, tool=tool, owner="o", reason="r", expires=TODAY)

    held = [waiver("A1", "ruff"), waiver("CVE-1"), waiver("CVE-2"), waiver("A1", "mypy")]

    assert waivers.addressed(held, ["ruff"], [finding()]) == (held[0], held[1])


def test_a_finding_is_read_again_also_where_its_document_is_older_than_its_tool() -> None:
    document = finding().document()
    older = {name: document[name] for name in document if name not in {"tool", "message", "remedy"}}

    assert findings.read(document) == findings.read(older) == finding()


def test_each_tool_has_a_run_of_its_own() -> None:
    look = Look((finding(), replace(finding("F401"), tool="ruff", message="unused", remedy="mend")))
    tools = ("trivy", "ruff", "mypy")
    found = judge(look, ScanSettings(), (), scanner="s", feed="", today=TODAY, tools=tools)

    runs = json.loads(sarif.render([Outcome("scan", found)]))["runs"]

    assert [run["tool"]["driver"]["name"] for run in runs] == ["Trivy", "Ruff", "mypy"]
    assert [len(run["results"]) for run in runs] == [1, 1, 0]
    assert runs[1]["results"][0]["message"] == {"text": "shop 1: unused: mend"}
