"""The Stat type, and looking at paths of snapshots."""

from __future__ import annotations

import enum
import posixpath
import stat as modes
from typing import TYPE_CHECKING

from portable_dagger.api.registry import ObjectType
from portable_dagger.api.types import enum_type
from portable_dagger.errors import NotFoundError
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import FileType, Stat
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    import os

    from portable_dagger.store.snapshot import Snapshot
    from portable_dagger.store.store import Store

PERMISSIONS = 0o777
"""The mode bits that the API answers; set-id and sticky bits are not among them."""

STAT = ObjectType("Stat", "A file or directory status object.")


@enum_type
class ExistsType(str, enum.Enum):
    """File type."""

    REGULAR_TYPE = "REGULAR_TYPE"
    DIRECTORY_TYPE = "DIRECTORY_TYPE"
    SYMLINK_TYPE = "SYMLINK_TYPE"


TESTS = {
    ExistsType.REGULAR_TYPE: modes.S_ISREG,
    ExistsType.DIRECTORY_TYPE: modes.S_ISDIR,
    ExistsType.SYMLINK_TYPE: modes.S_ISLNK,
}


def exists_in(
    store: Store,
    snapshot: Snapshot,
    path: str,
    expected: ExistsType | None,
    follow: bool,  # noqa: FBT001
) -> bool:
    """Whether a path is there, of the expected type if one is given."""
    entry = Tree(store.layer_paths(snapshot)).lookup(
        path, follow and expected is not ExistsType.SYMLINK_TYPE
    )
    if entry is None:
        return False
    return expected is None or TESTS[expected](entry.stat.st_mode)


def stat_in(store: Store, snapshot: Snapshot, path: str, follow: bool) -> Stat:  # noqa: FBT001
    """Return the status of a path; NotFoundError when it is not there."""
    entry = Tree(store.layer_paths(snapshot)).lookup(path, follow)
    if entry is None:
        raise NotFoundError(f"stat {path}: no such file or directory")
    return stat_of(posixpath.basename(entry.path), entry.stat)


def stat_of(name: str, found: os.stat_result) -> Stat:
    """Return a status as the API shows it."""
    kinds = {
        modes.S_IFREG: FileType.REGULAR,
        modes.S_IFDIR: FileType.DIRECTORY,
        modes.S_IFLNK: FileType.SYMLINK,
    }
    kind = kinds.get(modes.S_IFMT(found.st_mode), FileType.UNKNOWN)
    return Stat(name, found.st_size, kind, found.st_mode & PERMISSIONS)


@STAT.field()
async def file_type(self: Stat, context: Context) -> FileType | None:
    """File type."""
    return self.file_type


@STAT.field()
async def name(self: Stat, context: Context) -> str:
    """File name."""
    return self.name


@STAT.field()
async def permissions(self: Stat, context: Context) -> int:
    """Permission bits."""
    return self.permissions


@STAT.field()
async def size(self: Stat, context: Context) -> int:
    """File size in bytes."""
    return self.size
