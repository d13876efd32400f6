"""`dagger install`: another module becomes a dependency of this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.cli import display, sources
from portable_dagger.cli.client import Session
from portable_dagger.cli.flags import quoted
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given


def run(given: Given, arguments: list[str]) -> int:
    """Add the dependency to dagger.json, and its types to the SDK for editors."""
    if len(arguments) != 1:
        raise CommandLineError("install takes one module", "name a path or a git reference")
    reference = quoted(sources.reference(arguments[0]))
    with Session(display.renderer(given), given) as session:
        found = sources.existing(session, given)
        field = f"moduleSource(refString: {reference}, disableFindUp: true)"
        if "name" in given:
            named = f"withName(name: {quoted(given['name'][-1])})"
            data = session.query(f"{{ {field} {{ {named} {{ id moduleName }} }} }}")
            dependency = data["moduleSource"]["withName"]
        else:
            data = session.query(f"{{ {field} {{ id moduleName }} }}")
            dependency = data["moduleSource"]
        identifier = quoted(dependency["id"])
        sources.write(session, found, [f"withDependencies(dependencies: [{identifier}])"])
        session.renderer.note(f"installed {dependency['moduleName']} in {found.root}")
    return 0
