"""What gates came to as SARIF 2.1.0 (OASIS), which code hosts and editors show."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import quote

from ci.findings import Finding, Severity
from ci.outcome import Outcome
from ci.reports import place
from ci.tools import TOOLS
from ci.verdict import Judged

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_FINGERPRINT: Final = "ci/v1"
"""The name of our fingerprint; another version where it is made otherwise (3.27.17)."""


def render(outcomes: Sequence[Outcome]) -> str:
    """Return all findings of gates, a run for each tool of a gate; of a gate that cannot be told, a run that failed.

    Waived ones are suppressed, with the waiver's reason (3.27.23).
    """
    runs = [run for outcome in outcomes for run in _runs(outcome)]
    return f"{json.dumps({'$schema': _SCHEMA, 'version': '2.1.0', 'runs': runs}, indent=2)}\n"


def _runs(outcome: Outcome) -> Iterator[dict[str, Any]]:
    # Code hosts keep the runs of a tool apart by what is before the last slash (3.17.2).
    details = {"automationDetails": {"id": f"{outcome.gate}/"}}
    if outcome.error:
        said = {"level": "error", "message": {"text": outcome.error}}
        ended = {"executionSuccessful": False, "toolExecutionNotifications": [said]}
        driver = {"driver": {"name": outcome.gate}}
        yield {"tool": driver, **details, "invocations": [ended], "results": []}
    if outcome.verdict is not None:
        for tool in outcome.verdict.tools:
            found = [judged for judged in outcome.verdict.judged if judged.finding.tool == tool]
            yield {
                "tool": {"driver": _driver(tool, found)},
                **details,
                "invocations": [{"executionSuccessful": True}],
                "results": list(map(_result, found)),
            }


def _driver(tool: str, found: Sequence[Judged]) -> dict[str, Any]:
    about = TOOLS[tool]
    rules = {judged.finding.id: judged.finding for judged in reversed(found)}
    described = [_rule(rules[rule]) for rule in sorted(rules)]
    return {"name": about.name, "informationUri": about.link, "rules": described}


def _rule(finding: Finding) -> dict[str, Any]:
    text = finding.title or finding.id
    rule: dict[str, Any] = {"id": finding.id, "shortDescription": {"text": text}}
    link = place.address(finding.link)
    return {**rule, "helpUri": link} if link else rule


def _result(judged: Judged) -> dict[str, Any]:
    finding = judged.finding
    package = f"{finding.package} {finding.installed}".strip()
    parts = [part for part in (package, finding.says, finding.remedy) if part]
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.path or finding.target)}}
    if finding.line:
        physical["region"] = {"startLine": finding.line}
    result: dict[str, Any] = {
        "ruleId": finding.id,
        "level": _level(finding.severity),
        "message": {"text": ": ".join(parts)},
        "locations": [{"physicalLocation": physical}],
        "partialFingerprints": {_FINGERPRINT: finding.fingerprint},
    }
    if judged.waiver is None:
        return result
    suppression = {"kind": "external", "justification": judged.waiver.says}
    return {**result, "suppressions": [suppression]}


def _level(severity: Severity) -> str:
    if severity >= Severity.HIGH:
        return "error"
    return "warning" if severity is Severity.MEDIUM else "note"
