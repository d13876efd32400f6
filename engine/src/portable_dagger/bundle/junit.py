"""JUnit reports that a step wrote: which tests failed, and how. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from xml.etree.ElementTree import Element

ROOTS: Final = ("testsuites", "testsuite")
KINDS: Final = ("failure", "error")


class Failure(NamedTuple):
    """How a test failed. kind: failure or error; message: the first line of what is said of it."""

    kind: str
    message: str


def failures(xml: str) -> dict[str, Failure] | None:
    """Return the failed tests by name, `file::classname::name` as far as they are given; None if it is no report.

    A step that was killed leaves a report that is cut off, so one that cannot be read is no error. Of a test that
    failed twice (itself, and its teardown) the first failure counts.
    """
    # It takes a while to import, and engines that never compare do without.
    from xml.etree import ElementTree as ET  # noqa: PLC0415

    try:
        # Expat itself limits how far entities grow, and fetches none from outside.
        root = ET.fromstring(xml)  # noqa: S314 # nosec B314
    except (ET.ParseError, ValueError):
        return None
    if _tag(root) not in ROOTS:
        return None
    found: dict[str, Failure] = {}
    for case in root.iter():
        if _tag(case) == "testcase":
            for outcome in case:
                if _tag(outcome) in KINDS:
                    found.setdefault(_name(case), _failure(outcome))
    return found


def failed(reports: Iterable[str]) -> dict[str, Failure] | None:
    """Return the tests that failed, by the reports that can be read; None if there is none such."""
    readable = [found for xml in reports if (found := failures(xml)) is not None]
    if not readable:
        return None
    tests: dict[str, Failure] = {}
    for found in readable:
        tests = {**found, **tests}
    return tests


def _tag(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def _name(case: Element) -> str:
    return "::".join(part for key in ("file", "classname", "name") if (part := case.get(key)))


def _failure(outcome: Element) -> Failure:
    text = outcome.get("message") or outcome.text or ""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return Failure(_tag(outcome), first or outcome.get("type", ""))
