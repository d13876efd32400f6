"""Copies between snapshots, and into a folder on disk."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from portable_dagger.errors import NotFoundError
from portable_dagger.store.disk import disk_errors
from portable_dagger.store.edit import Draft, Owner, clear, duplicate, edited, like
from portable_dagger.store.filter import Filter, selected
from portable_dagger.store.tree import Entry, Tree

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.store.snapshot import Snapshot
    from portable_dagger.store.store import Store


def copy(  # noqa: PLR0913  what a copy is made of
    store: Store,
    target: Snapshot,
    target_path: str,
    source: Snapshot,
    source_path: str,
    *,
    select: Filter | None = None,
    owner: Owner | None = None,
    mode: int | None = None,
) -> Snapshot:
    """Copy a file to a path, or a directory's content into one; what is there stays, equal names are replaced.

    `owner` and `mode` apply to all that is copied. Data is shared by hard links where nothing of a file changes.
    NotFoundError when the source is missing.
    """
    plain = not select and owner is None and mode is None
    if plain and not target.layers and target_path == "/" and source_path == "/":
        return source
    tree = Tree(store.layer_paths(source))
    top = tree.lookup(source_path)
    if top is None and source.layers and source_path != "/":
        raise NotFoundError(f"stat {source_path}: no such file or directory")
    pattern = [list(select.include), list(select.exclude), select.gitignore] if select else None
    description = ["copy", target_path, source.digest, source_path, pattern, owner, mode]

    def write(draft: Draft) -> None:
        if top is not None and not top.is_directory:
            draft.take(target_path, top, owner, mode)
            return
        present = draft.tree.lookup(target_path) is not None
        draft.folder(target_path, None if present else top, owner, mode)
        folders: list[tuple[str, Entry]] = []
        for inner, entry in selected(tree, source_path, select):
            path = posixpath.join(target_path, inner)
            if entry.is_directory:
                draft.folder(path, entry, owner, mode)
                folders.append((path, entry))
            else:
                draft.take(path, entry, owner, mode)
        for path, entry in reversed(folders):
            _times(draft.root / path.lstrip("/"), entry)

    return edited(store, target, description, write, source)


def _times(path: Path, entry: Entry) -> None:
    """Restore a folder's times: filling it has changed them."""
    if path.is_dir():
        os.utime(path, ns=(entry.stat.st_atime_ns, entry.stat.st_mtime_ns))


def extract(store: Store, snapshot: Snapshot, path: str, target: Path) -> None:
    """Copy a directory's content into a folder on disk, owners and modes included."""
    tree = Tree(store.layer_paths(snapshot))
    base = tree.real_path(path).rstrip("/")
    with disk_errors(target):
        for entry in tree.walk(path):
            place = target / entry.path[len(base) + 1 :]
            if entry.is_directory:
                place.mkdir(exist_ok=True)
                like(place, entry)
            else:
                clear(place)
                duplicate(entry, place)
