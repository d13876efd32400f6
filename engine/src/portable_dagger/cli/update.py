"""`dagger update`: git dependencies are pinned to what their versions lead to now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.cli import display, sources
from portable_dagger.cli.client import Session
from portable_dagger.cli.flags import quoted

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given


def run(given: Given, arguments: list[str]) -> int:
    """Update the dependencies that are named, all without a name."""
    names = ", ".join(quoted(name) for name in arguments)
    calls = [] if arguments else ["withUpdateBlueprint"]
    calls += [f"withUpdateDependencies(dependencies: [{names}])"]
    with Session(display.renderer(given), given) as session:
        sources.write(session, sources.existing(session, given), calls)
    return 0
