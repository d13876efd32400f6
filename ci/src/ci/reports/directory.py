"""A verdict as a directory that people, machines and code hosts read."""

import dagger
from dagger import dag

from ci.reports import junit, sarif
from ci.verdict import Verdict


def render(found: Verdict) -> dagger.Directory:
    """Return table.txt, findings.json, findings.sarif and junit.xml of a verdict."""
    return (
        dag.directory()
        .with_new_file("table.txt", f"{found.table()}\n")
        .with_new_file("findings.json", found.json())
        .with_new_file("findings.sarif", sarif.render(found))
        .with_new_file("junit.xml", junit.render(found))
    )
