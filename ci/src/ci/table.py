"""A run as text: one line a cell, then every failing test."""

from collections.abc import Sequence
from typing import Final

from ci.columns import columns
from ci.hash_seed import VARIABLE
from ci.results import Result, Summary

HEADER: Final = ("Python", "Postgres", "passed", "failed", "skipped", "coverage", "time")
_NONE: Final = "-"


def render(summary: Summary) -> str:
    """Return the table, the line below it, and if it is red the seed and each failing test and crashed cell."""
    rows = [HEADER, *(_row(result) for result in summary.results)]
    paragraphs = [f"{columns(rows)}\n\n{_last_line(summary)}"]
    if summary.seed and not summary.green:
        paragraphs.append(f"the seed of hashes was {VARIABLE}={summary.seed}")
    paragraphs += [text for result in summary.results for text in _failures(result)]
    return "\n\n".join(paragraphs)


def verdict(summary: Summary) -> str:
    """Return one line: whether the run is green, and if not, why."""
    reasons = []
    if summary.failed:
        reasons.append(f"{len(summary.failed)} of {_count(len(summary.results), 'cell')} failed")
    if not summary.covered:
        found = "was not measured" if summary.coverage is None else f"is {summary.coverage}"
        reasons.append(f"coverage {found}, but has to be {summary.threshold:g} %")
    return "; ".join(reasons) or f"{_count(len(summary.results), 'cell')} passed"


def _row(result: Result) -> tuple[str, ...]:
    names = (result.cell.python, result.cell.postgres or _NONE)
    if result.report is None:
        return (*names, *[_NONE] * 4, "crashed")
    report = result.report
    counts = [str(count) for count in (report.passed, report.failed, report.skipped)]
    coverage = _NONE if result.coverage is None else str(result.coverage)
    return (*names, *counts, coverage, "crashed" if result.crash else f"{report.seconds:.1f} s")


def _last_line(summary: Summary) -> str:
    coverage = _NONE if summary.coverage is None else str(summary.coverage)
    least = f" (at least {summary.threshold:g} %)" if summary.threshold else ""
    cells = _count(len(summary.results), "cell")
    return f"{cells} in {summary.seconds:.1f} s; coverage of all: {coverage}{least}"


def _failures(result: Result) -> list[str]:
    found = []
    for failure in result.report.failures if result.report else ():
        place = [failure.place] if failure.place else []
        found.append(_paragraph(f"{result.cell}: {failure.test}", [*place, failure.reason]))
    if result.crash:
        found.append(_paragraph(f"{result.cell}: crashed", [result.crash]))
    return found


def _paragraph(head: str, texts: Sequence[str]) -> str:
    lines = [f"    {line}".rstrip() for text in texts for line in text.splitlines()]
    return "\n".join([head, *lines])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
