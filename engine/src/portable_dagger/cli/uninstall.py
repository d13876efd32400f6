"""`dagger uninstall`: a dependency is taken out of dagger.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.cli import display, sources
from portable_dagger.cli.client import Session
from portable_dagger.cli.flags import quoted
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given


def run(given: Given, arguments: list[str]) -> int:
    """Remove the dependency that a name, a path or a reference names."""
    if len(arguments) != 1:
        raise CommandLineError("uninstall takes one dependency", "give its name")
    with Session(display.renderer(given), given) as session:
        found = sources.existing(session, given)
        call = f"withoutDependencies(dependencies: [{quoted(arguments[0])}])"
        sources.write(session, found, [call])
        session.renderer.note(f"uninstalled {arguments[0]} from {found.root}")
    return 0
