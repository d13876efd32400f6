"""Container fields of its file system: reading, copying in, removing."""

from __future__ import annotations

import asyncio
import posixpath
import stat as modes

from portable_dagger.api.container.mounts import _owner
from portable_dagger.api.container.type import CONTAINER
from portable_dagger.api.stat import ExistsType, exists_in, stat_in
from portable_dagger.api.types import EMPTY
from portable_dagger.errors import NotFoundError
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import Stat
from portable_dagger.graph.values import Container, Directory, File
from portable_dagger.ops.paths import absolute, edited, locate
from portable_dagger.store import copy, edit
from portable_dagger.store.filter import Filter
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Tree


async def _edit(container: Container, path: str, change: object) -> Container:
    return await asyncio.to_thread(edited, container, path, change)  # type: ignore[arg-type]


def _found(context: Context, container: Container, path: str, kind: str) -> tuple[Snapshot, str]:
    snapshot, inner = locate(container, path)
    entry = Tree(context.store.layer_paths(snapshot)).lookup(inner)
    if entry is None:
        raise NotFoundError(f"stat {path}: no such file or directory")
    is_directory = modes.S_ISDIR(entry.stat.st_mode)
    if is_directory and kind == "file":
        raise NotFoundError(f"path {path} is a directory, not a file")
    if not is_directory and kind == "directory":
        raise NotFoundError(f"path {path} is a file, not a directory")
    return snapshot, inner


@CONTAINER.field()
async def rootfs(self: Container, context: Context) -> Directory:
    """Return the root file system without mounts."""
    return Directory(self.root)


@CONTAINER.field()
async def with_rootfs(self: Container, context: Context, *, directory: Directory) -> Container:
    """Replace the root file system."""
    root = directory.root
    if directory.path != "/":
        root = await asyncio.to_thread(
            copy.copy, context.store, Snapshot(), "/", directory.root, directory.path
        )
    return self.replace(root=root)


@CONTAINER.field()
async def directory(
    self: Container, context: Context, *, path: str, expand: bool = False
) -> Directory:
    """Retrieve a directory; directory mounts are seen, cache and temporary mounts are not."""
    target = absolute(self, path, expand=expand)
    return Directory(*await asyncio.to_thread(_found, context, self, target, "directory"))


@CONTAINER.field()
async def file(self: Container, context: Context, *, path: str, expand: bool = False) -> File:
    """Retrieve a file."""
    target = absolute(self, path, expand=expand)
    return File(*await asyncio.to_thread(_found, context, self, target, "file"))


@CONTAINER.field()
async def exists(
    self: Container,
    context: Context,
    *,
    path: str,
    expected_type: ExistsType | None = None,
    do_not_follow_symlinks: bool = False,
    expand: bool = False,
) -> bool:
    """Whether a path exists, of the expected type if one is given."""
    snapshot, inner = locate(self, absolute(self, path, expand=expand))
    return await asyncio.to_thread(
        exists_in, context.store, snapshot, inner, expected_type, not do_not_follow_symlinks
    )


@CONTAINER.field()
async def stat(
    self: Container, context: Context, *, path: str, do_not_follow_symlinks: bool = False
) -> Stat | None:
    """Return a path's status; NotFoundError when there is none."""
    snapshot, inner = locate(self, absolute(self, path))
    return await asyncio.to_thread(
        stat_in, context.store, snapshot, inner, not do_not_follow_symlinks
    )


@CONTAINER.field()
async def with_directory(
    self: Container,
    context: Context,
    *,
    path: str,
    source: Directory,
    exclude: list[str] = EMPTY,
    include: list[str] = EMPTY,
    gitignore: bool = False,
    owner: str = "",
    expand: bool = False,
    permissions: int | None = None,
) -> Container:
    """Copy a directory's content to a path; what is there stays, equal names are replaced."""
    select = Filter(tuple(include), tuple(exclude), gitignore=gitignore)
    numbers = await _owner(self, context, owner)

    def change(snapshot: Snapshot, inner: str) -> Snapshot:
        return copy.copy(
            context.store,
            snapshot,
            inner,
            source.root,
            source.path,
            select=select,
            owner=numbers,
        )

    return await _edit(self, absolute(self, path, expand=expand), change)


@CONTAINER.field()
async def with_file(
    self: Container,
    context: Context,
    *,
    path: str,
    source: File,
    permissions: int | None = None,
    owner: str = "",
    expand: bool = False,
) -> Container:
    """Copy a file to a path; into it, under its own name, when the path ends with a slash."""
    target = absolute(self, path, expand=expand)
    if path.endswith("/"):
        target = posixpath.join(target, source.name)
    return await _copied(self, context, target, source, permissions, owner)


@CONTAINER.field()
async def with_files(
    self: Container,
    context: Context,
    *,
    path: str,
    sources: list[File],
    permissions: int | None = None,
    owner: str = "",
    expand: bool = False,
) -> Container:
    """Copy files into a folder, each under its own name."""
    container = self
    folder = absolute(self, path, expand=expand)
    for source in sources:
        target = posixpath.join(folder, source.name)
        container = await _copied(container, context, target, source, permissions, owner)
    return container


async def _copied(  # noqa: PLR0917  what a copy is made of
    container: Container,
    context: Context,
    target: str,
    source: File,
    permissions: int | None,
    owner: str,
) -> Container:
    numbers = await _owner(container, context, owner)

    def change(snapshot: Snapshot, inner: str) -> Snapshot:
        return copy.copy(
            context.store,
            snapshot,
            inner,
            source.root,
            source.path,
            owner=numbers,
            mode=permissions,
        )

    return await _edit(container, target, change)


@CONTAINER.field()
async def with_new_file(
    self: Container,
    context: Context,
    *,
    path: str,
    contents: str,
    permissions: int = 0o644,
    owner: str = "",
    expand: bool = False,
) -> Container:
    """Write a file; parents that are made belong to root."""
    numbers = await _owner(self, context, owner)
    data = contents.encode()

    def change(snapshot: Snapshot, inner: str) -> Snapshot:
        return edit.write_file(context.store, snapshot, inner, data, permissions, numbers)

    return await _edit(self, absolute(self, path, expand=expand), change)


@CONTAINER.field()
async def with_symlink(
    self: Container, context: Context, *, target: str, link_name: str, expand: bool = False
) -> Container:
    """Make a symbolic link."""

    def change(snapshot: Snapshot, inner: str) -> Snapshot:
        return edit.symlink(context.store, snapshot, inner, target)

    return await _edit(self, absolute(self, link_name, expand=expand), change)


async def _removed(
    container: Container, context: Context, paths: list[str], kind: str
) -> Container:
    for path in paths:

        def change(snapshot: Snapshot, inner: str) -> Snapshot:
            return edit.remove(context.store, snapshot, [inner], kind)

        container = await _edit(container, path, change)
    return container


@CONTAINER.field()
async def without_file(
    self: Container, context: Context, *, path: str, expand: bool = False
) -> Container:
    """Remove a file; patterns are allowed, a missing file is not an error."""
    return await _removed(self, context, [absolute(self, path, expand=expand)], "file")


@CONTAINER.field()
async def without_files(
    self: Container, context: Context, *, paths: list[str], expand: bool = False
) -> Container:
    """Remove files."""
    targets = [absolute(self, path, expand=expand) for path in paths]
    return await _removed(self, context, targets, "file")


@CONTAINER.field()
async def without_directory(
    self: Container, context: Context, *, path: str, expand: bool = False
) -> Container:
    """Remove a directory; a missing one is not an error."""
    return await _removed(self, context, [absolute(self, path, expand=expand)], "directory")
