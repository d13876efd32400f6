"""`dagger develop`: what an editor needs is written anew, and what a module lacks is added."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from portable_dagger.cli import display, sources
from portable_dagger.cli.client import Session
from portable_dagger.cli.flags import quoted
from portable_dagger.cli.init import chosen_sdk
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given
    from portable_dagger.cli.sources import Source


def run(given: Given, arguments: list[str]) -> int:
    """Write the module's generated files, and with --recursive those of its local dependencies."""
    if arguments:
        raise CommandLineError(f"develop takes no arguments, but got {' '.join(arguments)}")
    with Session(display.renderer(given), given) as session:
        found = sources.existing(session, given)
        for source in _with_dependencies(session, found) if "recursive" in given else [found]:
            sources.write(session, source, _calls(source, given))
            session.renderer.note(f"developed {source.facts['moduleName']} in {source.root}")
    return 0


def _calls(source: Source, given: Given) -> list[str]:
    """Return the changes of the configuration; CommandLineError for one that contradicts what is there."""
    calls = ['withEngineVersion(version: "latest")']
    sdk = chosen_sdk(given)
    if source.sdk and sdk and sdk != source.sdk:
        raise CommandLineError(f'the SDK of this module has been set to "{source.sdk}" already')
    if not (source.sdk or sdk):
        raise CommandLineError(
            f"module {source.facts['moduleName']} has no SDK",
            "name one: dagger develop --sdk=python",
        )
    if sdk and not source.sdk:
        calls.append(f"withSDK(source: {quoted(sdk)})")
    wanted = given.get("source", [""])[-1]
    before = str(source.facts["sourceSubpath"])
    if wanted:
        inside = sources.relative(wanted, source.root)
        known = os.path.relpath(os.path.join(source.context, before), source.root)
        if before and known != inside:
            raise CommandLineError(f'the source of this module has been set to "{known}" already')
        calls.append(f"withSourceSubpath(path: {quoted(inside)})")
    elif not before:
        calls.append(f"withSourceSubpath(path: {quoted(sources.inferred(source.root))})")
    return calls


def _with_dependencies(session: Session, first: Source) -> list[Source]:
    """Return a module and all local ones that it depends on, each once."""
    found = {first.root: first}
    pending = [first]
    while pending:
        here = pending.pop()
        data = session.query(f"{{ {here.field} {{ dependencies {{ kind sourceRootSubpath }} }} }}")
        for one in data["moduleSource"]["dependencies"]:
            root = os.path.normpath(os.path.join(here.context, one["sourceRootSubpath"]))
            if one["kind"] == "LOCAL_SOURCE" and root not in found:
                found[root] = sources.find(session, root)
                pending.append(found[root])
    return list(found.values())
