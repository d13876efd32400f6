"""The Directory type."""

from __future__ import annotations

import asyncio
import dataclasses
import posixpath
from typing import TYPE_CHECKING

from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType
from portable_dagger.api.stat import ExistsType, exists_in, stat_in
from portable_dagger.api.types import EMPTY, Identifier
from portable_dagger.errors import EngineError, NotFoundError, QueryError
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import Changeset, Stat
from portable_dagger.graph.values import Directory, File
from portable_dagger.ops.identity import content_key
from portable_dagger.ops.paths import below
from portable_dagger.store import changes as differences
from portable_dagger.store import edit
from portable_dagger.store.copy import copy
from portable_dagger.store.export import export_directory
from portable_dagger.store.filter import Filter
from portable_dagger.store.filter import glob as matching
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable

DIRECTORY = ObjectType("Directory", "A directory.", interfaces=("Node", "Syncer", "Exportable"))


def tree_of(context: Context, snapshot: Snapshot) -> Tree:
    """Return the merged view of a snapshot."""
    return Tree(context.store.layer_paths(snapshot))


async def _edit(directory: Directory, path: str, change: Callable[[str], Snapshot]) -> Directory:
    root = await asyncio.to_thread(change, below(directory.path, path))
    return dataclasses.replace(directory, root=root)


@QUERY.field(name="directory")
async def new_directory(self: object, context: Context) -> Directory:
    """Create an empty directory."""
    return Directory()


@DIRECTORY.field()
async def sync(self: Directory, context: Context) -> Identifier:
    """Force evaluation; answers the directory's ID."""
    raise AssertionError  # answered by the executor


@DIRECTORY.field()
async def name(self: Directory, context: Context) -> str:
    """Return the name of the directory; directories end with a slash."""
    base = posixpath.basename(self.path)
    return f"{base}/" if base else "/"


@DIRECTORY.field()
async def digest(self: Directory, context: Context) -> str:
    """Return the digest of the content; times do not count."""
    return await content_key(self, context)


@DIRECTORY.field()
async def entries(self: Directory, context: Context, *, path: str | None = None) -> list[str]:
    """Return the names in the directory, or below a path in it."""

    def listed() -> list[str]:
        tree = tree_of(context, self.root)
        inner = below(self.path, path or ".")
        entry = tree.lookup(inner)
        if entry is not None and not entry.is_directory:
            raise NotFoundError(f"open {path}: not a directory")
        if entry is None and inner != "/":
            raise NotFoundError(f"open {path or inner}: no such file or directory")
        return tree.entries(inner)

    return await asyncio.to_thread(listed)


@DIRECTORY.field()
async def glob(self: Directory, context: Context, *, pattern: str) -> list[str]:
    """Return the paths that match a pattern."""
    return await asyncio.to_thread(matching, tree_of(context, self.root), self.path, pattern)


async def _entry(directory: Directory, context: Context, path: str, kind: str) -> str:
    inner = below(directory.path, path)
    entry = await asyncio.to_thread(tree_of(context, directory.root).lookup, inner)
    if entry is None and inner != "/":
        raise NotFoundError(f"stat {path}: no such file or directory")
    is_directory = entry is None or entry.is_directory
    if is_directory and kind == "file":
        raise NotFoundError(f"path {path} is a directory, not a file")
    if not is_directory and kind == "directory":
        raise NotFoundError(f"path {path} is a file, not a directory")
    return inner


@DIRECTORY.field()
async def directory(self: Directory, context: Context, *, path: str) -> Directory:
    """Retrieve a directory in it."""
    return dataclasses.replace(self, path=await _entry(self, context, path, "directory"))


@DIRECTORY.field()
async def file(self: Directory, context: Context, *, path: str) -> File:
    """Retrieve a file in it."""
    return File(self.root, await _entry(self, context, path, "file"))


@DIRECTORY.field()
async def exists(
    self: Directory,
    context: Context,
    *,
    path: str,
    expected_type: ExistsType | None = None,
    do_not_follow_symlinks: bool = False,
) -> bool:
    """Whether a path exists, of the expected type if one is given."""
    inner = below(self.path, path)
    parent = await asyncio.to_thread(tree_of(context, self.root).lookup, posixpath.dirname(inner))
    if parent is not None and not parent.is_directory:
        raise NotFoundError(f"stat {path}: not a directory")
    return await asyncio.to_thread(
        exists_in, context.store, self.root, inner, expected_type, not do_not_follow_symlinks
    )


@DIRECTORY.field()
async def stat(
    self: Directory, context: Context, *, path: str, do_not_follow_symlinks: bool = False
) -> Stat | None:
    """Return a path's status."""
    inner = below(self.path, path)
    return await asyncio.to_thread(
        stat_in, context.store, self.root, inner, not do_not_follow_symlinks
    )


@DIRECTORY.field()
async def find_up(self: Directory, context: Context, *, name: str, start: str) -> str | None:
    """Search a name upwards from a path; answers the path where it is, or null."""

    def search() -> str | None:
        tree = tree_of(context, self.root)
        here = posixpath.normpath("/" + start)
        while True:
            found = posixpath.join(here, name)
            if tree.lookup(below(self.path, found)) is not None:
                return found.lstrip("/")
            if here == "/":
                return None
            here = posixpath.dirname(here)

    return await asyncio.to_thread(search)


@DIRECTORY.field()
async def with_directory(
    self: Directory,
    context: Context,
    *,
    path: str,
    source: Directory,
    exclude: list[str] = EMPTY,
    include: list[str] = EMPTY,
    gitignore: bool = False,
    owner: str = "",
    permissions: int | None = None,
) -> Directory:
    """Copy a directory's content to a path."""
    select = Filter(tuple(include), tuple(exclude), gitignore=gitignore)

    def change(inner: str) -> Snapshot:
        return copy(
            context.store,
            self.root,
            inner,
            source.root,
            source.path,
            select=select,
            owner=numeric_owner(owner),
            mode=permissions,
        )

    return await _edit(self, path, change)


def numeric_owner(owner: str) -> tuple[int, int] | None:
    """Read `uid[:gid]`; a directory has no user names to look up."""
    if not owner:
        return None
    user, _, group = owner.partition(":")
    if not user.isdigit() or not (group or user).isdigit():
        raise QueryError(
            f"failed to parse owner {owner}: only numeric ids are known in a directory"
        )
    return int(user), int(group or user)


@DIRECTORY.field()
async def filter(
    self: Directory,
    context: Context,
    *,
    exclude: list[str] = EMPTY,
    include: list[str] = EMPTY,
    gitignore: bool = False,
) -> Directory:
    """Return a directory with only what the patterns take."""
    select = Filter(tuple(include), tuple(exclude), gitignore=gitignore)
    root = await asyncio.to_thread(
        copy, context.store, Snapshot(), "/", self.root, self.path, select=select
    )
    return Directory(root)


@DIRECTORY.field()
async def with_file(
    self: Directory,
    context: Context,
    *,
    path: str,
    source: File,
    permissions: int | None = None,
    owner: str = "",
) -> Directory:
    """Copy a file to a path; into it, under its own name, when the path ends with a slash."""
    target = posixpath.join(path, source.name) if path.endswith("/") else path

    def change(inner: str) -> Snapshot:
        return copy(
            context.store,
            self.root,
            inner,
            source.root,
            source.path,
            owner=numeric_owner(owner),
            mode=permissions,
        )

    return await _edit(self, target, change)


@DIRECTORY.field()
async def with_files(
    self: Directory,
    context: Context,
    *,
    path: str,
    sources: list[File],
    permissions: int | None = None,
) -> Directory:
    """Copy files into a folder, each under its own name."""
    result = self
    for source in sources:
        target = posixpath.join(path, source.name)
        result = await with_file(
            result, context, path=target, source=source, permissions=permissions
        )
    return result


@DIRECTORY.field()
async def with_new_file(
    self: Directory, context: Context, *, path: str, contents: str, permissions: int = 0o644
) -> Directory:
    """Write a file."""
    data = contents.encode()
    return await _edit(
        self,
        path,
        lambda inner: edit.write_file(context.store, self.root, inner, data, permissions),
    )


@DIRECTORY.field()
async def with_new_directory(
    self: Directory, context: Context, *, path: str, permissions: int = 0o644
) -> Directory:
    """Make a directory."""
    return await _edit(
        self,
        path,
        lambda inner: edit.make_directory(context.store, self.root, inner, permissions),
    )


@DIRECTORY.field()
async def with_symlink(
    self: Directory, context: Context, *, target: str, link_name: str
) -> Directory:
    """Make a symbolic link."""
    return await _edit(
        self,
        link_name,
        lambda inner: edit.symlink(context.store, self.root, inner, target),
    )


@DIRECTORY.field()
async def with_timestamps(self: Directory, context: Context, *, timestamp: int) -> Directory:
    """Set the times of all that is in it, in seconds since the epoch."""
    return await _edit(
        self, ".", lambda inner: edit.set_times(context.store, self.root, inner, timestamp)
    )


@DIRECTORY.field()
async def chown(self: Directory, context: Context, *, path: str, owner: str) -> Directory:
    """Give a path and all that is in it to another owner."""
    numbers = numeric_owner(owner) or (0, 0)
    return await _edit(
        self, path, lambda inner: edit.chown(context.store, self.root, inner, numbers)
    )


def _pattern(directory: Directory, path: str) -> str | None:
    """Return what `remove` takes for a path in a directory; one with a leading slash matches nothing."""
    return None if path.startswith("/") and "*" in path else below(directory.path, path)


async def _removed(
    directory: Directory, context: Context, paths: list[str], kind: str
) -> Directory:
    patterns = [p for p in (_pattern(directory, path) for path in paths) if p is not None]
    root = await asyncio.to_thread(edit.remove, context.store, directory.root, patterns, kind)
    return dataclasses.replace(directory, root=root)


@DIRECTORY.field()
async def without_file(self: Directory, context: Context, *, path: str) -> Directory:
    """Remove a file."""
    return await _removed(self, context, [path], "file")


@DIRECTORY.field()
async def without_files(self: Directory, context: Context, *, paths: list[str]) -> Directory:
    """Remove files."""
    return await _removed(self, context, paths, "file")


@DIRECTORY.field()
async def without_directory(self: Directory, context: Context, *, path: str) -> Directory:
    """Remove a directory."""
    return await _removed(self, context, [path], "directory")


@DIRECTORY.field()
async def with_error(self: Directory, context: Context, *, err: str) -> Directory:
    """Raise an error with this message; an empty one does nothing."""
    if err:
        raise EngineError(err)
    return self


@DIRECTORY.field()
async def diff(self: Directory, context: Context, *, other: Directory) -> Directory:
    """Return what another directory adds to or changes in this one."""
    root = await asyncio.to_thread(
        differences.changed, context.store, (self.root, self.path), (other.root, other.path)
    )
    return Directory(root)


@DIRECTORY.field(name="changes")
async def changes_(self: Directory, context: Context, *, from_: Directory) -> Changeset:
    """Return the difference from an older directory to this one."""
    return Changeset(before=from_, after=self)


@DIRECTORY.field()
async def with_changes(self: Directory, context: Context, *, changes: Changeset) -> Directory:
    """Apply a changeset."""

    def change(inner: str) -> Snapshot:
        return differences.applied(
            context.store,
            (self.root, inner),
            (changes.before.root, changes.before.path),
            (changes.after.root, changes.after.path),
        )

    return await _edit(self, ".", change)


@DIRECTORY.field()
async def export(self: Directory, context: Context, *, path: str, wipe: bool = False) -> str:
    """Write the directory to a path of the host; returns the absolute path."""
    target = context.client.on_host(path)
    await asyncio.to_thread(
        export_directory, context.store, self.root, self.path, target, wipe=wipe
    )
    return posixpath.normpath(target)
