"""What gates came to as a directory that people, machines and code hosts read."""

from collections.abc import Iterator, Sequence

import dagger
from dagger import dag

from ci.outcome import Outcome, State
from ci.reports import document, junit, markdown, page, sarif, terminal


def render(outcomes: Sequence[Outcome], link: str = "") -> dagger.Directory:
    """Return the report of all gates, and a folder for each gate that is not off.

    link: what stands before the paths of files, where somebody serves them (see `ci.reports.place`).
    """
    made = dag.directory()
    for path, text in files(outcomes, link):
        made = made.with_new_file(path, text)
    return made


def files(outcomes: Sequence[Outcome], link: str) -> Iterator[tuple[str, str]]:
    """Give the report's files: the path of each, and its text."""
    yield "index.html", page.render(outcomes, link)
    yield "report.md", markdown.render(outcomes, link)
    yield from _forms(outcomes)
    for outcome in outcomes:
        if outcome.state is not State.OFF:
            for name, text in _forms([outcome]):
                yield f"{outcome.gate}/{name}", text


def _forms(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    yield "table.txt", terminal.report(outcomes)
    yield "findings.json", document.render(outcomes)
    yield "findings.sarif", sarif.render(outcomes)
    yield "junit.xml", junit.render(outcomes)
