"""Findings as SARIF 2.1.0 (OASIS), which code hosts and editors show."""

import json
from typing import Any, Final

from ci.findings import Finding, Severity
from ci.verdict import Verdict
from ci.waivers import Waiver

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_TOOLS: Final = {
    "trivy": ("Trivy", "https://trivy.dev"),
    "black": ("Black", "https://black.readthedocs.io"),
    "ruff": ("Ruff", "https://docs.astral.sh/ruff"),
    "flake8": ("Flake8", "https://flake8.pycqa.org"),
    "mypy": ("mypy", "https://mypy.readthedocs.io"),
    "bandit": ("Bandit", "https://bandit.readthedocs.io"),
}
"""What each tool is called, and where it is described."""


def render(verdict: Verdict) -> str:
    """Return all findings of a verdict, a run for each tool.

    Waived ones are suppressed, with the waiver's reason (3.27.23).
    """
    found: list[tuple[Finding, Waiver | None]] = [
        *((finding, None) for finding in verdict.division.counting),
        *verdict.division.waived,
        *((finding, None) for finding in verdict.tolerated),
    ]
    runs = [_run(tool, [each for each in found if each[0].tool == tool]) for tool in verdict.tools]
    return f"{json.dumps({'$schema': _SCHEMA, 'version': '2.1.0', 'runs': runs}, indent=2)}\n"


def _run(tool: str, found: list[tuple[Finding, Waiver | None]]) -> dict[str, Any]:
    name, link = _TOOLS[tool]
    rules = {finding.id: finding for finding, _ in reversed(found)}
    described = [_rule(rules[rule]) for rule in sorted(rules)]
    return {
        "tool": {"driver": {"name": name, "informationUri": link, "rules": described}},
        "results": [_result(finding, waiver) for finding, waiver in found],
    }


def _rule(finding: Finding) -> dict[str, Any]:
    text = finding.title or finding.id
    rule: dict[str, Any] = {"id": finding.id, "shortDescription": {"text": text}}
    return {**rule, "helpUri": finding.link} if finding.link else rule


def _result(finding: Finding, waiver: Waiver | None) -> dict[str, Any]:
    package = f"{finding.package} {finding.installed}".strip()
    parts = [part for part in (package, finding.says, finding.remedy) if part]
    physical: dict[str, Any] = {"artifactLocation": {"uri": finding.path or finding.target}}
    if finding.line:
        physical["region"] = {"startLine": finding.line}
    result: dict[str, Any] = {
        "ruleId": finding.id,
        "level": _level(finding.severity),
        "message": {"text": ": ".join(parts)},
        "locations": [{"physicalLocation": physical}],
    }
    if waiver is None:
        return result
    reason = f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"
    return {**result, "suppressions": [{"kind": "external", "justification": reason}]}


def _level(severity: Severity) -> str:
    if severity >= Severity.HIGH:
        return "error"
    return "warning" if severity is Severity.MEDIUM else "note"
