"""A module's own files, as the verbs change them: dagger.json, its first code, the SDK for editors."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from portable_dagger.cli.flags import quoted
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.client import Session
    from portable_dagger.cli.options import Given

FACTS = "configExists moduleName localContextDirectoryPath sourceRootSubpath sourceSubpath sdk { source }"


class Source(NamedTuple):
    """A module source of the host: the field that finds it, and what it answered."""

    field: str
    facts: dict[str, Any]

    @property
    def context(self) -> str:
        """The context directory."""
        return str(self.facts["localContextDirectoryPath"])

    @property
    def root(self) -> str:
        """The folder of dagger.json."""
        return os.path.normpath(os.path.join(self.context, self.facts["sourceRootSubpath"]))

    @property
    def sdk(self) -> str:
        """The SDK's source, "" without one."""
        return str((self.facts["sdk"] or {}).get("source") or "")


def find(session: Session, path: str, *, new: bool = False) -> Source:
    """Return the module at a path or above it; a `new` one is at the path itself, and need not exist."""
    options = ", disableFindUp: true, allowNotExists: true" if new else ""
    field = f"moduleSource(refString: {quoted(path)}, requireKind: LOCAL_SOURCE{options})"
    data = session.query(f"{{ {field} {{ {FACTS} }} }}")
    return Source(field, data["moduleSource"])


def existing(session: Session, given: Given) -> Source:
    """Return the module that --mod names, or the one of the current folder; CommandLineError when there is none."""
    path = given.get("mod", [os.getcwd()])[-1]
    found = find(session, os.path.abspath(path) if os.path.isdir(path) else path)
    if not found.facts["configExists"]:
        raise CommandLineError(
            f"there is no dagger.json in {os.path.abspath(path)} nor in a folder above it",
            "make a module with: dagger init",
        )
    return found


def write(session: Session, source: Source, calls: list[str]) -> None:
    """Have changes of the configuration made, and write what is generated into the context directory."""
    leaf = f"generatedContextDirectory {{ export(path: {quoted(source.context)}) }}"
    for call in reversed([source.field, *calls]):
        leaf = f"{call} {{ {leaf} }}"
    session.query(f"{{ {leaf} }}")


def reference(text: str) -> str:
    """Return what names a module on the command line as the engine takes it: local paths absolute."""
    return os.path.abspath(text) if os.path.exists(text) else text


def inferred(root: str) -> str:
    """Return where code is to go: beside dagger.json in an empty folder, else in `.dagger`."""
    names = os.listdir(root) if os.path.isdir(root) else []
    if ".dagger" in names or any(not n.startswith(".") and n != "dagger.json" for n in names):
        return ".dagger"
    return "."


def relative(path: str, root: str) -> str:
    """Return a path of the command line as one relative to the module's root."""
    return os.path.relpath(os.path.abspath(path), root)
