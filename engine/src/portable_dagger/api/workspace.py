"""The Workspace type: the caller's checkout, of which module code may read what lies inside.

Its root is the git work tree that holds the caller's working directory, else that directory itself.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from portable_dagger.api.attributes import attributes
from portable_dagger.api.check import CheckGroup, checks_of
from portable_dagger.api.generator import GeneratorGroup, generators_of
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.api.types import EMPTY
from portable_dagger.api.up import UpGroup, services_of
from portable_dagger.errors import NotFoundError, QueryError
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import Changeset
from portable_dagger.graph.values import Directory, File, Value
from portable_dagger.modules import content
from portable_dagger.store.filter import Filter
from portable_dagger.store.host import import_directory

if TYPE_CHECKING:
    from portable_dagger.modules.loaded import LoadedModule

CONFIG = ".dagger/config.toml"

WORKSPACE = ObjectType("Workspace", "The checkout that a session works in.")


@dataclass(frozen=True, slots=True)
class Workspace(Value):
    """A checkout on the host; `folder` is the caller's working directory in it."""

    api_type: ClassVar[str] = "Workspace"
    root: Path
    folder: Path
    client_id: str

    @property
    def has_config(self) -> bool:
        """Whether the workspace has a configuration file."""
        return (self.root / CONFIG).is_file()

    def place(self, path: str) -> Path:
        """Return a host path: absolute ones start at the root, others at the working directory.

        NotFoundError when it leads out of the workspace, by `..` or by a link.
        """
        base = self.root / path.lstrip("/") if path.startswith("/") else self.folder / path
        found = base.resolve()
        if not found.is_relative_to(self.root):
            raise NotFoundError(f"path {path!r} leads out of the workspace")
        return found


@QUERY.field(scope=Scope.CLIENT, experimental=True)
async def current_workspace(self: object, context: Context) -> Workspace:
    """The checkout that the session works in."""
    client = context.client
    if client.nested:
        raise QueryError(
            "commands in containers have no workspace",
            "mount the directory that the command needs",
        )
    if client.call is not None:
        client.call.lasting = False
    folder = context.session.workdir.resolve()
    root = next((f for f in (folder, *folder.parents) if (f / ".git").exists()), folder)
    return Workspace(root, folder, client.id)


attributes(
    WORKSPACE,
    address=(str, "Where the workspace lies.", lambda ws: ws.root.as_uri()),
    clientId=(str, "The client that the workspace belongs to.", "client_id"),
    path=(
        str,
        "The working directory, relative to the workspace's root.",
        lambda ws: ws.folder.relative_to(ws.root).as_posix(),
    ),
    hasConfig=(bool, f"Whether there is a {CONFIG}.", "has_config"),
    initialized=(bool, f"Whether there is a {CONFIG}.", "has_config"),
    configPath=(
        str,
        "The path of the configuration file, relative to the root; empty without one.",
        lambda ws: CONFIG if ws.has_config else "",
    ),
)


@WORKSPACE.field(scope=Scope.CLIENT, step="host")
async def directory(
    self: Workspace,
    context: Context,
    *,
    path: str,
    exclude: list[str] = EMPTY,
    include: list[str] = EMPTY,
    gitignore: bool = False,
) -> Directory:
    """Return a directory; relative paths start at the working directory, absolute ones at the root."""
    select = Filter(tuple(include), tuple(exclude), gitignore=gitignore)
    found = self.place(path)
    with context.session.progress.span("host", f"workspace.directory {path}"):
        return Directory(await asyncio.to_thread(import_directory, context.store, found, select))


@WORKSPACE.field(scope=Scope.CLIENT, step="host")
async def file(self: Workspace, context: Context, *, path: str) -> File:
    """Return a file; relative paths start at the working directory, absolute ones at the root."""
    with context.session.progress.span("host", f"workspace.file {path}"):
        return await content.file(self.place(path), context)


@WORKSPACE.field()
async def find_up(self: Workspace, context: Context, *, name: str, from_: str = ".") -> str | None:
    """Search a name from a folder upwards to the root; answers its path from the root on, or null."""
    start = self.place(from_)
    if name.startswith("/") or ".." in name.split("/"):
        raise QueryError(f"{name!r} is no name to search for", "give a file's or folder's name")
    for folder in (start, *start.parents):
        if (folder / name).exists():
            return "/" + (folder / name).relative_to(self.root).as_posix()
        if folder == self.root:
            break
    return None


async def _module(workspace: Workspace, context: Context) -> LoadedModule:
    return await context.engine.modules.load(workspace.folder, context)


@WORKSPACE.field(scope=Scope.CLIENT)
async def checks(
    self: Workspace,
    context: Context,
    *,
    include: list[str] | None = None,
    no_generate: bool | None = None,
    only_generate: bool | None = None,
) -> CheckGroup:
    """Return the checks of the workspace's module."""
    module = await _module(self, context)
    return checks_of(
        module,
        include,
        generators=not no_generate,
        checks=not only_generate,
        prefix=module.name,
    )


@WORKSPACE.field(scope=Scope.CLIENT)
async def generators(
    self: Workspace, context: Context, *, include: list[str] | None = None
) -> GeneratorGroup:
    """Return the generators of the workspace's module."""
    module = await _module(self, context)
    return generators_of(module, include, module.name)


@WORKSPACE.field(scope=Scope.CLIENT)
async def services(
    self: Workspace, context: Context, *, include: list[str] | None = None
) -> UpGroup:
    """Return the service functions of the workspace's module."""
    module = await _module(self, context)
    return services_of(module, include, module.name)


@WORKSPACE.field(experimental=True)
async def update(self: Workspace, context: Context) -> Changeset:
    """Return the changes that bring the lock file up to date: none, since this engine keeps no such file."""
    return Changeset(Directory(), Directory())
