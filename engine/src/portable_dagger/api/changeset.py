"""The Changeset type."""

from __future__ import annotations

import asyncio
import posixpath

from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType
from portable_dagger.api.types import Identifier
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import Changeset
from portable_dagger.graph.values import Directory
from portable_dagger.store.changes import Changes, changed, compare
from portable_dagger.store.copy import export_directory
from portable_dagger.store.edit import clear

CHANGESET = ObjectType(
    "Changeset",
    "A comparison between two directories representing changes that can be applied.",
    interfaces=("Node", "Syncer", "Exportable"),
)


@QUERY.field(name="changeset")
async def new_changeset(self: object, context: Context) -> Changeset:
    """Create an empty changeset."""
    return Changeset(Directory(), Directory())


async def _changes(changeset: Changeset, context: Context) -> Changes:
    before, after = changeset.before, changeset.after
    return await asyncio.to_thread(
        compare, context.store, (before.root, before.path), (after.root, after.path)
    )


@CHANGESET.field()
async def sync(self: Changeset, context: Context) -> Identifier:
    """Force evaluation; answers the changeset's ID."""
    raise AssertionError  # answered by the executor


@CHANGESET.field()
async def added_paths(self: Changeset, context: Context) -> list[str]:
    """Files and directories that were added."""
    return list((await _changes(self, context)).added)


@CHANGESET.field()
async def modified_paths(self: Changeset, context: Context) -> list[str]:
    """Files that existed before and were changed."""
    return list((await _changes(self, context)).modified)


@CHANGESET.field()
async def removed_paths(self: Changeset, context: Context) -> list[str]:
    """Files and directories that were removed; of a directory only the top."""
    return list((await _changes(self, context)).removed)


@CHANGESET.field()
async def is_empty(self: Changeset, context: Context) -> bool:
    """Whether nothing differs."""
    found = await _changes(self, context)
    return not (found.added or found.modified or found.removed)


@CHANGESET.field()
async def after(self: Changeset, context: Context) -> Directory:
    """The newer directory."""
    return self.after


@CHANGESET.field()
async def before(self: Changeset, context: Context) -> Directory:
    """The older directory."""
    return self.before


@CHANGESET.field()
async def layer(self: Changeset, context: Context) -> Directory:
    """Return what was added or modified."""
    root = await asyncio.to_thread(
        changed,
        context.store,
        (self.before.root, self.before.path),
        (self.after.root, self.after.path),
    )
    return Directory(root)


@CHANGESET.field()
async def export(self: Changeset, context: Context, *, path: str) -> str:
    """Apply the changes to a path of the host; returns the absolute path."""
    target = context.client.workdir / path
    found = await _changes(self, context)
    newer = await layer(self, context)

    def write() -> None:
        for gone in found.removed:
            place = target / gone.rstrip("/")
            if place.is_symlink() or place.exists():
                clear(place)
        export_directory(context.store, newer.root, newer.path, target)

    await asyncio.to_thread(write)
    return posixpath.normpath(target)
