"""What differs between two directories."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portable_dagger.store import content, edit
from portable_dagger.store.copy import copy
from portable_dagger.store.filter import Filter
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Entry, Tree

if TYPE_CHECKING:
    from portable_dagger.store.store import Store

Place = tuple[Snapshot, str]
"""A directory: a snapshot and the path in it."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Relative paths, those of directories with a slash at the end; of what is removed only the top is named."""

    added: tuple[str, ...]
    modified: tuple[str, ...]
    removed: tuple[str, ...]


def compare(store: Store, before: Place, after: Place) -> Changes:
    """Return what differs: content, type, mode or link target."""
    old, new = entries(store, before), entries(store, after)
    added = [path for path in new if path not in old]
    modified = [
        p for p in new if p in old and not p.endswith("/") and differ(store, old[p], new[p])
    ]
    gone = sorted(path for path in old if path not in new)
    removed: list[str] = []
    for path in gone:
        if not any(parent.endswith("/") and path.startswith(parent) for parent in removed):
            removed.append(path)
    return Changes(tuple(sorted(added)), tuple(sorted(modified)), tuple(removed))


def entries(store: Store, place: Place) -> dict[str, Entry]:
    """Return all that is in a directory by relative path; directories' paths end with a slash."""
    tree = Tree(store.layer_paths(place[0]))
    base = tree.real_path(place[1]).rstrip("/")
    found = {}
    for entry in tree.walk(place[1]):
        inner = entry.path[len(base) + 1 :]
        found[inner + "/" if entry.is_directory else inner] = entry
    return found


def told_apart(store: Store, before: Place, after: Place) -> Changes:
    """Return the same as `compare`, of what lies in the layers that only one of them has.

    That is much quicker where both have the same base; what an emptied directory hid is left out.
    """
    common = 0
    for one, other in zip(before[0].layers, after[0].layers, strict=False):
        if one != other:
            break
        common += 1
    trees = [Tree(store.layer_paths(place[0])) for place in (before, after)]
    bases = [
        tree.real_path(place[1]).rstrip("/")
        for tree, place in zip(trees, (before, after), strict=True)
    ]
    names: set[str] = set()
    for place, base in zip((before, after), bases, strict=True):
        for layer in place[0].layers[common:]:
            top = store.layer_path(layer)
            for folder, _, files in os.walk(f"{top}{base}"):
                inner = folder[len(f"{top}{base}") + 1 :]
                names.update(f"{inner}/{file}".lstrip("/") for file in files)
    added, modified, removed = [], [], []
    for name in sorted(names):
        old, new = (
            tree.lookup(f"{base}/{name}", follow=False)
            for tree, base in zip(trees, bases, strict=True)
        )
        if old is None and new is not None:
            added.append(name)
        elif old is not None and new is None:
            removed.append(name)
        elif (
            old is not None and new is not None and not old.is_directory and differ(store, old, new)
        ):
            modified.append(name)
    return Changes(tuple(added), tuple(modified), tuple(removed))


def differ(store: Store, one: Entry, other: Entry) -> bool:
    """Whether two entries differ in content, type, mode or link target."""
    if (one.stat.st_mode, one.target) != (other.stat.st_mode, other.target):
        return True
    if not one.is_file or one.stat.st_ino == other.stat.st_ino:
        return False
    if one.stat.st_size != other.stat.st_size:
        return True
    return content.file_content(store, one) != content.file_content(store, other)


def changed(store: Store, before: Place, after: Place) -> Snapshot:
    """Return a snapshot of what was added or modified."""
    found = compare(store, before, after)
    return part(store, after, [*found.added, *found.modified])


def written(store: Store, before: Place, after: Place) -> Snapshot:
    """Return a snapshot of what was written anew, were it with the same content: what has another time counts."""
    old, new = entries(store, before), entries(store, after)
    taken = [
        path
        for path in new
        if path not in old
        or (not path.endswith("/") and old[path].stat.st_mtime_ns != new[path].stat.st_mtime_ns)
        or (not path.endswith("/") and differ(store, old[path], new[path]))
    ]
    return part(store, after, taken)


def part(store: Store, place: Place, paths: list[str]) -> Snapshot:
    """Return a snapshot of some paths of a directory, with all that is in them."""
    if not paths:
        return Snapshot()
    whole = {path for path in paths if path.endswith("/")}
    tops = [path for path in paths if whole.isdisjoint(_parents(path))]
    select = Filter(include=tuple(escaped(path) for path in tops))
    return copy(store, Snapshot(), "/", place[0], place[1], select=select)


def _parents(path: str) -> list[str]:
    names = path.rstrip("/").split("/")[:-1]
    return ["/".join(names[: depth + 1]) + "/" for depth in range(len(names))]


def applied(store: Store, target: Place, before: Place, after: Place) -> Snapshot:
    """Return the target's snapshot with the changes from `before` to `after` done to it."""
    found = compare(store, before, after)
    base = target[1].rstrip("/")
    root = edit.remove(
        store, target[0], [escaped(f"{base}/{p}".rstrip("/")) for p in found.removed], "any"
    )
    return copy(store, root, target[1], changed(store, before, after), "/")


def escaped(path: str) -> str:
    """Return the pattern that matches a path and nothing else."""
    return "".join(
        f"[{letter}]" if letter.isspace() else "\\" + letter if letter in "*?[\\!" else letter
        for letter in path.rstrip("/")
    )
