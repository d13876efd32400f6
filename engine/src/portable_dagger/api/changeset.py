"""The Changeset type."""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import posixpath

from portable_dagger.api.attributes import attributes
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType
from portable_dagger.api.types import Identifier, enum_type
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import Changeset, DiffStat, DiffStatKind
from portable_dagger.graph.values import Directory, File
from portable_dagger.store.changes import Changes, Place, changed, compare, written
from portable_dagger.store.edit import clear, write_file
from portable_dagger.store.export import export_directory
from portable_dagger.store.merge import OnConflict, merged
from portable_dagger.store.patch import diff, statistics
from portable_dagger.store.snapshot import Snapshot

PATCH = "/diff.patch"


@enum_type
class ChangesetMergeConflict(enum.Enum):
    """Strategy to use when merging changesets with conflicting changes."""

    FAIL_EARLY = "FAIL_EARLY"
    FAIL = "FAIL"
    LEAVE_CONFLICT_MARKERS = "LEAVE_CONFLICT_MARKERS"
    PREFER_OURS = "PREFER_OURS"
    PREFER_THEIRS = "PREFER_THEIRS"


@enum_type
class ChangesetsMergeConflict(enum.Enum):
    """Strategy to use when merging multiple changesets."""

    FAIL_EARLY = "FAIL_EARLY"
    FAIL = "FAIL"


DIFF_STAT = ObjectType("DiffStat", "How one file of a changeset changed.")

attributes(
    DIFF_STAT,
    addedLines=(int, "Number of lines added.", "added_lines"),
    kind=(DiffStatKind, "The type of change."),
    oldPath=(str | None, "The path before a rename.", "old_path"),
    path=(str, "The path of the file."),
    removedLines=(int, "Number of lines removed.", "removed_lines"),
)

CHANGESET = ObjectType(
    "Changeset",
    "A comparison between two directories representing changes that can be applied.",
    interfaces=("Node", "Syncer", "Exportable"),
)


@QUERY.field(name="changeset")
async def new_changeset(self: object, context: Context) -> Changeset:
    """Create an empty changeset."""
    return Changeset(Directory(), Directory())


def places(changeset: Changeset) -> tuple[Place, Place]:
    """Return where the older and the newer directory lie."""
    before, after = changeset.before, changeset.after
    return (before.root, before.path), (after.root, after.path)


async def _changes(changeset: Changeset, context: Context) -> Changes:
    return await asyncio.to_thread(compare, context.store, *places(changeset))


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
    """Return what was added or written anew."""
    root = await asyncio.to_thread(
        written,
        context.store,
        *places(self),
    )
    return Directory(root)


@CHANGESET.field()
async def as_patch(self: Changeset, context: Context) -> File:
    """Return the changes as a patch file in git's form."""

    def made() -> Snapshot:
        text = diff(context.store, *places(self))
        return write_file(context.store, Snapshot(), PATCH, text)

    return File(await asyncio.to_thread(made), PATCH)


@CHANGESET.field()
async def diff_stats(self: Changeset, context: Context) -> list[DiffStat]:
    """Return how each file changed; a file that moved is one change."""
    found = await asyncio.to_thread(statistics, context.store, *places(self))
    return [
        DiffStat(stat.path, DiffStatKind[stat.kind], stat.added, stat.removed, stat.old_path)
        for stat in found
    ]


@CHANGESET.field()
async def with_changeset(
    self: Changeset,
    context: Context,
    *,
    changes: Changeset,
    on_conflict: ChangesetMergeConflict = ChangesetMergeConflict.FAIL,
) -> Changeset:
    """Add another changeset's changes to this one's."""
    root = await asyncio.to_thread(
        merged, context.store, places(self), places(changes), OnConflict[on_conflict.name]
    )
    return Changeset(self.before, dataclasses.replace(self.after, root=root))


@CHANGESET.field()
async def with_changesets(
    self: Changeset,
    context: Context,
    *,
    changes: list[Changeset],
    on_conflict: ChangesetsMergeConflict = ChangesetsMergeConflict.FAIL,
) -> Changeset:
    """Add other changesets' changes to this one's, in order."""
    result = self
    for one in changes:
        choice = ChangesetMergeConflict[on_conflict.name]
        result = await with_changeset(result, context, changes=one, on_conflict=choice)
    return result


@CHANGESET.field()
async def export(self: Changeset, context: Context, *, path: str) -> str:
    """Apply the changes to a path of the host; returns the absolute path."""
    target = context.client.on_host(path)
    found = await _changes(self, context)

    def write() -> None:
        for gone in found.removed:
            place = target / gone.rstrip("/")
            if place.is_symlink() or place.exists():
                clear(place)
        newer = changed(context.store, *places(self))
        export_directory(context.store, newer, "/", target)

    await asyncio.to_thread(write)
    return posixpath.normpath(target)
