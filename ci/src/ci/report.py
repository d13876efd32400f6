"""A run as a directory that people, machines and browsers read."""

from typing import Final

import dagger
from dagger import dag

from ci import junit, table
from ci.suite import COBERTURA, DATA, JUNIT, REPORT, SuiteRun

TABLE: Final = "table.txt"
MERGED: Final = "merged"
HTML: Final = "html"
CRASH: Final = "crash.txt"


async def directory(run: SuiteRun) -> dagger.Directory:
    """Return the table, and a folder a cell and one of all, with JUnit, Cobertura XML and HTML."""
    found = dag.directory().with_new_file(TABLE, f"{table.render(run.summary)}\n")
    reports = {}
    for cell in run.cells:
        name = cell.result.cell.name
        if cell.result.crash:
            found = found.with_new_file(f"{name}/{CRASH}", f"{cell.result.crash}\n")
        if JUNIT in cell.files:
            file = cell.container.file(f"{REPORT}/{JUNIT}")
            reports[name] = await file.contents()
            found = found.with_file(f"{name}/{JUNIT}", file)
        if {COBERTURA, DATA} <= set(cell.files):
            found = found.with_directory(name, _coverage(cell.container))
    if reports:
        found = found.with_new_file(f"{MERGED}/{JUNIT}", junit.merge(reports))
    if run.merged is not None:
        found = found.with_directory(MERGED, _coverage(run.merged))
    return found


def _coverage(container: dagger.Container) -> dagger.Directory:
    path = f"{REPORT}/{HTML}"
    html = ["python", "-m", "coverage", "html", "--quiet", "--fail-under=0", "-d", path]
    return container.with_exec(html).directory(REPORT).filter(include=[COBERTURA, HTML])
