from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ci.contract import oasdiff
from ci.errors import ReportError
from ci.findings import Severity

if TYPE_CHECKING:
    from pathlib import Path


def test_what_breaks_is_a_finding_of_its_operation_and_its_line(reports: Path) -> None:
    text = (reports / "oasdiff.json").read_text(encoding="utf-8")

    gone, required = oasdiff.read(text, "api.json")

    assert (gone.id, gone.package) == (
        "api-path-removed-without-deprecation",
        "POST /api-path-removed-without-deprecation",
    )
    assert gone.place == "api.json"
    assert gone.message == "API path removed without deprecation"
    assert gone.remedy.startswith("whoever calls it as until now is refused: keep what clients")
    assert required.id == "request-parameter-became-required"
    assert required.place == "api.json:539"
    assert required.message.endswith("became required")
    assert required.remedy.startswith("clients that send what was allowed until now are refused: ")
    assert {found.severity for found in (gone, required)} == {Severity.HIGH}
    assert "waive it until a day: [[tool.ci.waivers]]" in gone.remedy


@pytest.mark.parametrize(
    ("rule", "who"),
    [
        ("response-property-became-optional", "clients that rely on what it answered"),
        ("new-required-request-property", "clients that do not send it"),
        ("api-security-added", "clients without the credentials"),
        ("sunset-deleted", ""),
    ],
)
def test_it_is_told_who_notices(rule: str, who: str) -> None:
    (found,) = oasdiff.read(json.dumps([{"id": rule, "text": "changed.", "level": 2}]), "api.json")

    assert found.message == "changed"
    assert found.remedy.startswith(who or "keep what clients know")
    assert found.severity is Severity.MEDIUM


def test_nothing_breaks() -> None:
    assert list(oasdiff.read("[]\n", "api.json")) == []


@pytest.mark.parametrize(
    "text", ["", "{", '[{"id": "x"}]', '[{"id": "x", "text": "y", "level": 9}]']
)
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(ReportError, match="oasdiff's report cannot be read"):
        list(oasdiff.read(text, "api.json"))


def test_no_other_file_is_read() -> None:
    assert "--allow-external-refs=false" in oasdiff.command("a.json", "b.json")
