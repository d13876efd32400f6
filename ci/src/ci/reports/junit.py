"""Findings as a JUnit report, which CI servers show beside that of the tests: a finding is a test that fails."""

from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from ci.findings import Finding
from ci.verdict import Verdict

NOTHING: Final = "nothing to mend"
"""The test that passes where a tool found nothing that fails or is waived."""


def render(verdict: Verdict) -> str:
    """Return a suite for each tool: what is to mend fails, what is waived is skipped, what may pass is left out."""
    suites = ET.Element("testsuites")
    for tool in verdict.tools:
        cases = list(_cases(verdict, tool))
        if not cases:
            cases = [ET.Element("testcase", classname=tool, name=NOTHING, time="0")]
        failures = sum(case.find("failure") is not None for case in cases)
        skipped = sum(case.find("skipped") is not None for case in cases)
        counts = {"tests": len(cases), "failures": failures, "skipped": skipped, "errors": 0}
        suite = ET.SubElement(suites, "testsuite", name=tool, time="0")
        for name, count in counts.items():
            suite.set(name, str(count))
        suite.extend(cases)
    if verdict.division.expired:
        suites.append(_expired(verdict))
    return ET.tostring(suites, encoding="unicode", xml_declaration=True)


def _cases(verdict: Verdict, tool: str) -> Iterator[ET.Element]:
    for finding in verdict.division.counting:
        if finding.tool == tool:
            case = _case(finding)
            failure = ET.SubElement(case, "failure", type=finding.id, message=finding.says)
            parts = (f"{finding.place}: {finding.says}", finding.remedy, finding.link)
            failure.text = "\n".join(filter(None, parts))
            yield case
    for finding, waiver in verdict.division.waived:
        if finding.tool == tool:
            case = _case(finding)
            reason = f"{waiver.reason} ({waiver.owner}, until {waiver.expires})"
            ET.SubElement(case, "skipped", message=reason)
            yield case


def _case(finding: Finding) -> ET.Element:
    name = " ".join(filter(None, (finding.id, finding.package, finding.place)))
    case = ET.Element("testcase", classname=finding.path or finding.target, name=name, time="0")
    if finding.path:
        case.set("file", finding.path)
    if finding.line:
        case.set("line", str(finding.line))
    return case


def _expired(verdict: Verdict) -> ET.Element:
    expired = verdict.division.expired
    count = str(len(expired))
    suite = ET.Element("testsuite", name="waivers", tests=count, failures=count, errors="0")
    for waiver in expired:
        case = ET.SubElement(suite, "testcase", classname="waivers", name=str(waiver), time="0")
        ET.SubElement(case, "failure", message=f"it expired on {waiver.expires}")
    return suite
