"""`dagger init`: a new module, with code to begin with when an SDK is named."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from portable_dagger.cli import display, sources
from portable_dagger.cli.client import Session
from portable_dagger.cli.flags import quoted
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given

PYTHON = "python"


def run(given: Given, arguments: list[str]) -> int:
    """Write the module's files; CommandLineError when there is a module already."""
    if len(arguments) > 1:
        raise CommandLineError(f"init takes one path at most, not {' '.join(arguments)}")
    sdk = chosen_sdk(given)
    with Session(display.renderer(given), given) as session:
        found = sources.find(session, os.path.abspath(arguments[0] if arguments else "."), new=True)
        if found.facts["configExists"]:
            raise CommandLineError(
                f"there is a module in {found.root} already", "change it with: dagger develop"
            )
        name = given.get("name", [os.path.basename(found.root)])[-1]
        calls = [f"withName(name: {quoted(name)})", 'withEngineVersion(version: "latest")']
        if sdk:
            folder = given.get("source", [""])[-1]
            inside = (
                sources.relative(folder, found.root) if folder else sources.inferred(found.root)
            )
            calls += [f"withSDK(source: {quoted(sdk)})"]
            calls += [f"withSourceSubpath(path: {quoted(inside)})"]
        if "include" in given:
            patterns = ", ".join(quoted(pattern) for pattern in given["include"])
            calls += [f"withIncludes(patterns: [{patterns}])"]
        sources.write(session, found, calls)
    sys.stdout.write(f"Initialized module {name} in {found.root}\n")
    return 0


def chosen_sdk(given: Given) -> str:
    """Return the SDK that --sdk names, "" for none; CommandLineError for one that this engine cannot run."""
    sdk = given.get("sdk", [""])[-1]
    if sdk not in {"", PYTHON}:
        raise CommandLineError(
            f'modules with the SDK "{sdk}" cannot run on this engine', f"use --sdk={PYTHON}"
        )
    return sdk
