"""What gates came to as a JUnit report, which CI servers show beside that of the tests: a finding is a failing test."""

from collections.abc import Iterator, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from ci.findings import Finding
from ci.outcome import Outcome
from ci.verdict import Standing, Verdict

NOTHING: Final = "nothing to mend"
"""The test that passes where a tool found nothing that fails or is waived."""


def render(outcomes: Sequence[Outcome]) -> str:
    """Return a suite for each tool of a gate, with what is to mend; what is waived is skipped, what may pass left out.

    A gate that cannot be told has a suite with an error.
    """
    suites = ET.Element("testsuites")
    for outcome in outcomes:
        if outcome.error:
            suites.append(_suite(outcome.gate, [_error(outcome)]))
        if outcome.verdict is not None:
            for tool in outcome.verdict.tools:
                cases = list(_cases(outcome.verdict, tool)) or [_case(tool, NOTHING)]
                suites.append(_suite(f"{outcome.gate}: {tool}", cases))
            if outcome.verdict.division.expired:
                suites.append(_suite(f"{outcome.gate}: waivers", list(_expired(outcome.verdict))))
    return ET.tostring(suites, encoding="unicode", xml_declaration=True)


def _suite(name: str, cases: list[ET.Element]) -> ET.Element:
    suite = ET.Element("testsuite", name=name, time="0", tests=str(len(cases)))
    for count, tag in (("failures", "failure"), ("skipped", "skipped"), ("errors", "error")):
        suite.set(count, str(sum(case.find(tag) is not None for case in cases)))
    suite.extend(cases)
    return suite


def _case(group: str, name: str) -> ET.Element:
    return ET.Element("testcase", classname=group, name=name, time="0")


def _error(outcome: Outcome) -> ET.Element:
    case = _case(outcome.gate, "it can be told what it comes to")
    ET.SubElement(case, "error", message=outcome.summary).text = outcome.error
    return case


def _cases(verdict: Verdict, tool: str) -> Iterator[ET.Element]:
    for judged in verdict.judged:
        finding = judged.finding
        if finding.tool != tool or judged.standing is Standing.TOLERATED:
            continue
        case = _found(finding)
        if judged.waiver is not None:
            ET.SubElement(case, "skipped", message=judged.waiver.says)
        else:
            failure = ET.SubElement(case, "failure", type=finding.id, message=finding.says)
            parts = (f"{finding.place}: {finding.says}", finding.remedy, finding.link)
            failure.text = "\n".join(filter(None, parts))
        yield case


def _found(finding: Finding) -> ET.Element:
    name = " ".join(filter(None, (finding.id, finding.package, finding.place)))
    case = _case(finding.path or finding.target, name)
    if finding.path:
        case.set("file", finding.path)
    if finding.line:
        case.set("line", str(finding.line))
    return case


def _expired(verdict: Verdict) -> Iterator[ET.Element]:
    for waiver in verdict.division.expired:
        case = _case("waivers", str(waiver))
        ET.SubElement(case, "failure", message=f"it expired on {waiver.expires}")
        yield case
