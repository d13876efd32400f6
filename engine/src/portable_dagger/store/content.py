"""Digests of content: names, types, modes, owners, link targets and bytes; never times."""

from __future__ import annotations

import hashlib
import stat as modes
from typing import TYPE_CHECKING

from portable_dagger.errors import NotFoundError
from portable_dagger.store.tree import Entry, Tree

if TYPE_CHECKING:
    from portable_dagger.store.snapshot import Snapshot
    from portable_dagger.store.store import Store


def content_digest(store: Store, snapshot: Snapshot, path: str = "/") -> str:
    """Return `sha256:<hex>` of a directory's or file's content; computed once for a snapshot and path.

    A file's digest does not depend on its name. NotFoundError when the path is missing.
    """
    key = f"{snapshot.digest}:{path}"
    known = store.index.content(key)
    if known is None:
        known = "sha256:" + _digest(store, snapshot, path)
        store.index.put_content(key, known)
    return known


def _digest(store: Store, snapshot: Snapshot, path: str) -> str:
    tree = Tree(store.layer_paths(snapshot))
    top = tree.lookup(path)
    if top is not None and not top.is_directory:
        return hashlib.sha256(repr(_facts(store, top)).encode()).hexdigest()
    if top is None and path != "/":
        raise NotFoundError(f"stat {path}: no such file or directory")
    base = tree.real_path(path).rstrip("/")
    total = hashlib.sha256()
    if top is not None:
        total.update(
            repr((modes.S_IMODE(top.stat.st_mode), top.stat.st_uid, top.stat.st_gid)).encode()
        )
    for entry in tree.walk(path):
        total.update(repr((entry.path[len(base) :], *_facts(store, entry))).encode())
    return total.hexdigest()


def _facts(store: Store, entry: Entry) -> tuple[object, ...]:
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
