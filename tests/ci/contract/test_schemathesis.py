from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from ci.contract import schemathesis
from ci.contract.schemathesis import Summary
from ci.contract.settings import ServiceSettings
from ci.errors import ReportError, ToolError
from ci.findings import Severity

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "http://127.0.0.1:18765"


@pytest.fixture
def report(reports: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((reports / "schemathesis.json").read_text(encoding="utf-8"))
    return found


def test_a_whole_run_says_how_much_it_looked_at(report: dict[str, Any]) -> None:
    found = schemathesis.summary(json.dumps(report))

    assert found == Summary(operations=4, requests=10, failures=8)
    assert str(found) == "operations: 4, requests: 10"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"complete": False}, "tested 4 of 4 operations: it broke off"),
        ({"errors": [{"title": "refused"}]}, "refused"),
        ({"operations": {"selected": 4, "tested": 3, "errored": 0}}, "tested 3 of 4"),
        ({"operations": {"selected": 4, "tested": 4, "errored": 1}}, "it broke off"),
        ({"operations": {"selected": 0, "tested": 0, "errored": 0}}, "found no operation to test"),
    ],
)
def test_a_run_that_is_not_whole_is_no_pass(
    report: dict[str, Any], change: dict[str, Any], says: str
) -> None:
    with pytest.raises(ToolError, match=says):
        schemathesis.summary(json.dumps({**report, **change}))


@pytest.mark.parametrize("text", ["", "[]", '{"operations": {}}'])
def test_what_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(ReportError, match="schemathesis's report cannot be read"):
        schemathesis.summary(text)


def test_each_check_that_fails_is_a_finding_with_its_shortest_request(reports: Path) -> None:
    text = (reports / "schemathesis.ndjson").read_text(encoding="utf-8")

    found = {(each.package, each.id): each for each in schemathesis.read(text, ADDRESS, "api.json")}

    undocumented = found["GET /boom", "status_code_conformance"]
    assert undocumented.message == (
        "answers 500: Undocumented status code: Received: 500 Documented: 200, 400"
    )
    assert undocumented.remedy == (
        "mend what GET /boom answers, or the document; with `dagger up serve`: "
        "curl -X GET 'http://127.0.0.1:18765/boom?n=260'"
    )
    assert undocumented.severity is Severity.MEDIUM
    wrong = found["GET /shape", "response_schema_conformance"]
    assert wrong.message.startswith("answers 200: Response violates schema: ")
    assert "\n" not in wrong.message
    assert "GET /fine" not in {operation for operation, check in found if "server" not in check}


@pytest.mark.parametrize(
    "text", ["{", '{"ScenarioFinished": {"recorder": {"checks": {"a": [{}]}}}}']
)
def test_events_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ReportError, match="events cannot be read"):
        list(schemathesis.read(text, ADDRESS, "api.json"))


def test_a_request_is_a_line_that_can_be_run() -> None:
    body = base64.b64encode(b'{"a": "it\'s"}').decode()
    request = {
        "method": "POST",
        "uri": "http://shop:8000/price?n=1",
        "headers": {"Content-Type": ["application/json"]},
        "body": {"$base64": body},
    }

    assert schemathesis.curl(request, "http://shop:8000") == (
        "curl -X POST -H 'Content-Type: application/json' --data-raw "
        "'{\"a\": \"it'\"'\"'s\"}' 'http://127.0.0.1:8000/price?n=1'"
    )


def test_a_long_request_is_cut_off() -> None:
    request = {"method": "GET", "uri": f"http://shop:8000/{'a' * 999}", "headers": {}}

    assert schemathesis.curl(request, "http://shop:8000").endswith("… (1033 characters)")


def test_what_is_sent_follows_from_the_document_alone() -> None:
    words = schemathesis.command(ServiceSettings(max_examples=7), "http://shop:8000", "/report")

    assert words[:3] == ["schemathesis", "run", "http://shop:8000/openapi.json"]
    assert {"--generation-deterministic", "--workers=1", "--max-examples=7"} <= set(words)


def test_its_version_is_that_of_the_lock() -> None:
    assert schemathesis.origin("rich==1 \\\nschemathesis==4.32.5 \\\n") == "schemathesis 4.32.5"
