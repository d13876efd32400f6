"""What a host directory holds, seen in one walk: ten thousand files in a tenth of a second."""

from __future__ import annotations

import os
import stat as modes
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.store.filter import Filter, Selection

Row = tuple[str, int, int, int, int, int, str]
"""Path, mode, size, times of modification and of change in nanoseconds, inode, link target.

A plain tuple, since there are many. Rows that are equal stand for the same content; a directory's size, change time and
inode are 0, as they say nothing of it.
"""

PATH: Final = 0
MODE: Final = 1
SIZE: Final = 2
MODIFIED: Final = 3
TARGET: Final = 6


def survey(top: Path, select: Filter) -> list[Row]:
    """List what a filter takes of a directory, as Tree.walk does: folder by folder, parents first, names sorted.

    Sockets, devices, pipes and what vanishes while the walk is under way are left out.
    """
    found: list[Row] = []
    base = os.path.join(str(top), "")
    selection = selection_of(top, select) if select else None
    waiting: dict[str, Row] = {}
    stack = [""]
    while stack:
        folder = stack.pop()
        below = []
        for row in _children(base, folder):
            path, mode = row[PATH], row[MODE]
            directory = modes.S_ISDIR(mode)
            if selection is None:
                found.append(row)
                if directory:
                    below.append(path)
                continue
            if directory:
                waiting[path] = row
                if selection.descends(path):
                    below.append(path)
            if selection.takes(path, directory=directory):
                found.extend(_needed(waiting, path))
                waiting.pop(path, None)
                found.append(row)
        below.reverse()
        stack.extend(below)
    if selection is not None:
        found.sort(key=_order)
    return found


def selection_of(top: Path, select: Filter) -> Selection:
    """Return a filter at work on a host directory."""

    def read(inner: str) -> bytes | None:
        try:
            return (top / inner).read_bytes()
        except OSError:
            return None

    return select.selection(read)


def row_of(path: str, found: os.stat_result, target: str = "") -> Row:
    """Return the row of a file, link or directory."""
    if modes.S_ISDIR(found.st_mode):
        return (path, found.st_mode, 0, found.st_mtime_ns, 0, 0, "")
    marks = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
    return (path, found.st_mode, *marks, target)


def _children(base: str, folder: str) -> list[Row]:
    prefix = folder + "/" if folder else ""
    rows = []
    try:
        with os.scandir(base + folder) as children:
            for child in children:
                try:
                    found = child.stat(follow_symlinks=False)
                    kind = modes.S_IFMT(found.st_mode)
                    if kind == modes.S_IFLNK:
                        rows.append(row_of(prefix + child.name, found, os.readlink(child.path)))
                    elif kind in {modes.S_IFREG, modes.S_IFDIR}:
                        rows.append(row_of(prefix + child.name, found))
                except FileNotFoundError:
                    continue
    except FileNotFoundError:
        return []
    rows.sort()
    return rows


def _needed(waiting: dict[str, Row], path: str) -> list[Row]:
    names = path.split("/")[:-1]
    parents = ["/".join(names[: depth + 1]) for depth in range(len(names))]
    return [waiting.pop(parent) for parent in parents if parent in waiting]


def _order(row: Row) -> tuple[list[str], str]:
    folder, _, name = row[PATH].rpartition("/")
    return (folder.split("/") if folder else [], name)
