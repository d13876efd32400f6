"""Digests of content: names, types, modes, owners, link targets and bytes; never times."""

from __future__ import annotations

import hashlib
import stat as modes
from typing import TYPE_CHECKING

from portable_dagger.errors import NotFoundError
from portable_dagger.store.tree import Entry, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portable_dagger.store.snapshot import Snapshot
    from portable_dagger.store.store import Store


Facts = tuple[object, ...]


def content_digest(store: Store, snapshot: Snapshot, path: str = "/") -> str:
    """Return `sha256:<hex>` of a directory's or file's content; computed once for a snapshot and path.

    A file's digest does not depend on its name. NotFoundError when the path is missing.
    """
    key = f"{snapshot.digest}:{path}"
    known = store.index.content(key)
    if known is None:
        known = read_digest(store, snapshot, path)
        store.index.put_content(key, known)
    return known


def read_digest(store: Store, snapshot: Snapshot, path: str = "/") -> str:
    """Return the same by reading everything, whatever is remembered."""
    tree = Tree(store.layer_paths(snapshot))
    top = tree.lookup(path)
    if top is not None and not top.is_directory:
        return "sha256:" + hashlib.sha256(repr(_facts(store, top)).encode()).hexdigest()
    if top is None and path != "/":
        raise NotFoundError(f"stat {path}: no such file or directory")
    base = tree.real_path(path).rstrip("/")
    found = top.stat if top is not None else None
    own = (modes.S_IMODE(found.st_mode), found.st_uid, found.st_gid) if found is not None else None
    entries = ((entry.path[len(base) :], _facts(store, entry)) for entry in tree.walk(path))
    return digest_of(own, entries)


def digest_of(own: Facts | None, entries: Iterable[tuple[str, Facts]]) -> str:
    """Return `sha256:<hex>` of a directory from its own facts and those of what is in it, in the order of Tree.walk.

    Paths begin with a slash. Facts are the directory's permissions and owner, and for what is in it type and mode,
    owner, group, and link target, SHA-256 of the content, or device number.
    """
    total = hashlib.sha256()
    if own is not None:
        total.update(repr(own).encode())
    for path, facts in entries:
        total.update(repr((path, *facts)).encode())
    return "sha256:" + total.hexdigest()


def _facts(store: Store, entry: Entry) -> Facts:
    found = entry.stat
    facts = (found.st_mode, found.st_uid, found.st_gid)
    if entry.is_link:
        return (*facts, entry.target)
    if entry.is_file:
        return (*facts, file_content(store, entry))
    return (*facts, found.st_rdev if not entry.is_directory else 0)


def file_content(store: Store, entry: Entry) -> str:
    """Return the SHA-256 of a file of the store; files of layers never change, so it is remembered by inode."""
    found = entry.stat
    key = f"{found.st_ino}:{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}"
    if found.st_size < SMALL:
        return hashlib.sha256(entry.source.read_bytes()).hexdigest()
    known = store.index.content(key)
    if known is None:
        with entry.source.open("rb") as file:
            known = hashlib.file_digest(file, "sha256").hexdigest()
        store.index.put_content(key, known)
    return known


SMALL = 2**20
"""Bytes below which hashing again is quicker than asking the index."""
