"""What gates came to as a directory that people, machines and code hosts read."""

from collections.abc import Sequence

import dagger
from dagger import dag

from ci.outcome import Outcome, State
from ci.reports import document, junit, markdown, page, sarif, terminal


def render(outcomes: Sequence[Outcome], link: str = "") -> dagger.Directory:
    """Return the report of all gates, and a folder for each gate that is not off.

    link: what stands before the paths of files, where somebody serves them (see `ci.reports.place`).
    """
    made = (
        _files(outcomes)
        .with_new_file("report.md", markdown.render(outcomes, link))
        .with_new_file("index.html", page.render(outcomes, link))
    )
    for outcome in outcomes:
        if outcome.state is not State.OFF:
            made = made.with_directory(outcome.gate, _files([outcome]))
    return made


def _files(outcomes: Sequence[Outcome]) -> dagger.Directory:
    return (
        dag.directory()
        .with_new_file("table.txt", terminal.report(outcomes))
        .with_new_file("findings.json", document.render(outcomes))
        .with_new_file("findings.sarif", sarif.render(outcomes))
        .with_new_file("junit.xml", junit.render(outcomes))
    )
