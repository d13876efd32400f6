"""pytest's JUnit report: how many passed, and what each failing test asserted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from ci.errors import ReportError

_NAMES: Final = ("file", "classname", "name")
"""What a test is called by; pytest's reports have no file, which is in the class's name."""

_REASON_LINES: Final = 12
_PLACE: Final = re.compile(r"^(\S+\.\w+:\d+): ", flags=re.MULTILINE)
"""Where pytest says that a test stopped; a traceback's last one is where the error was raised."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A failing test: its name, the place (file:line, or empty) and the assertion or error.

    message: the first line of what the report says of it, as bundles have it (docs/reference/bundles.md).
    """

    test: str
    place: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of pytest came to; `seconds` is pytest's own time."""

    passed: int
    skipped: int
    seconds: float
    failures: tuple[Failure, ...]

    @property
    def failed(self) -> int:
        """How many tests failed, in their set-up and tear-down too."""
        return len(self.failures)

    @property
    def total(self) -> int:
        """How many tests there were."""
        return self.passed + self.skipped + self.failed


def parse(text: str) -> Report:
    """Read a JUnit report (pytest's schema xunit2). Raises ReportError."""
    failures: dict[str, Failure] = {}
    passed, skipped = set(), set()
    root = _root(text)
    for case in root.iter("testcase"):
        test = "::".join(filter(None, map(case.get, _NAMES)))
        problem = next((child for child in case if child.tag in {"failure", "error"}), None)
        if problem is not None:
            # A test that fails and then breaks in its tear-down has two entries: the first one counts.
            failures.setdefault(test, _failure(test, problem))
        elif case.find("skipped") is not None:
            skipped.add(test)
        else:
            passed.add(test)
    return Report(
        passed=len(passed - failures.keys()),
        skipped=len(skipped - failures.keys()),
        seconds=sum(float(suite.get("time", "0")) for suite in root.iter("testsuite")),
        failures=tuple(failures.values()),
    )


def merge(reports: Mapping[str, str]) -> str:
    """Return one JUnit report of many, given by the names that their suites get. Raises ReportError."""
    merged = ET.Element("testsuites")
    for name, text in reports.items():
        for suite in _root(text).iter("testsuite"):
            suite.set("name", name)
            merged.append(suite)
    return ET.tostring(merged, encoding="unicode", xml_declaration=True)


def _failure(test: str, problem: ET.Element) -> Failure:
    text = problem.text or ""
    # pytest marks what was asserted or raised with an E in its first column.
    marked = [line[1:].rstrip() for line in text.splitlines() if line.startswith("E ")]
    lines = _outdent(marked) or problem.get("message", "no reason given").splitlines()
    if len(lines) > _REASON_LINES:
        lines = [*lines[:_REASON_LINES], f"… {len(lines) - _REASON_LINES} more lines"]
    places = _PLACE.findall(text)
    said = (problem.get("message") or text).splitlines()
    return Failure(
        test=test,
        place=places[-1] if places else "",
        reason="\n".join(lines),
        message=next(filter(None, map(str.strip, said)), problem.get("type", "")),
    )


def _outdent(lines: list[str]) -> list[str]:
    margin = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return [line[margin:] for line in lines]


def _root(text: str) -> ET.Element:
    try:
        # The text comes from a container of ours; expat limits entity expansion.
        return ET.fromstring(text)  # noqa: S314 # nosec B314
    except ET.ParseError as error:
        raise ReportError(
            f"the JUnit report is not XML: {error}: {text[:80]!r}",
            "Look at what pytest printed; a full disk cuts files off.",
        ) from None
