"""COPY and ADD: which files are meant, and where they go (the Dockerfile reference, "COPY" and "ADD")."""

from __future__ import annotations

import hashlib
import posixpath
import re
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portable_dagger.errors import NotFoundError
from portable_dagger.ops.paths import below
from portable_dagger.store import edit
from portable_dagger.store.content import content_digest
from portable_dagger.store.copy import copy
from portable_dagger.store.filter import Filter
from portable_dagger.store.pattern import Patterns
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Entry, Tree

if TYPE_CHECKING:
    from portable_dagger.graph.values import Directory
    from portable_dagger.ops.paths import Owner
    from portable_dagger.store.edit import Draft
    from portable_dagger.store.store import Store

WILDCARD = re.compile(r"[*?\[]")
FILE = "/file"


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing to copy: a file or a directory's content, alone in a snapshot that only its content determines."""

    name: str
    root: Snapshot
    path: str
    directory: bool


@dataclass(frozen=True, slots=True)
class Target:
    """Where copies go: an absolute path, ending with a slash where it must be a directory, and what they become."""

    path: str
    owner: Owner | None = None
    mode: int | None = None


def pieces(
    store: Store, source: Directory, pattern: str, exclude: tuple[str, ...] = ()
) -> list[Piece]:
    """Return what a source of COPY means in a directory; NotFoundError when nothing."""
    tree = Tree(store.layer_paths(source.root))
    base = tree.real_path(source.path).rstrip("/")
    wanted = posixpath.normpath("/" + pattern)
    if WILDCARD.search(pattern):
        match = Patterns([wanted.lstrip("/")])
        found = [
            e.path for e in tree.walk(source.path) if match.match_exactly(e.path[len(base) + 1 :])
        ]
    else:
        found = [below(source.path, wanted)]
    made = [_piece(store, tree, source.root, path, exclude) for path in found]
    there = [piece for piece in made if piece is not None]
    if not there:
        raise NotFoundError(f"failed to copy source: lstat {wanted}: no such file or directory")
    return there


def _piece(
    store: Store, tree: Tree, root: Snapshot, path: str, exclude: tuple[str, ...]
) -> Piece | None:
    entry = tree.lookup(path)
    if entry is None and path != "/":
        return None
    directory = entry is None or entry.is_directory
    name = posixpath.basename(path)
    if directory and exclude:
        root = copy(store, Snapshot(), "/", root, path, select=Filter(exclude=exclude))
        path = "/"
    return Piece(name, *_alone(store, root, path, directory=directory), directory)


def _alone(store: Store, root: Snapshot, path: str, *, directory: bool) -> tuple[Snapshot, str]:
    """Return the same content in a snapshot of its own, so that what lies beside it changes no later step."""
    tree = Tree(store.layer_paths(root))
    place = "/" if directory else FILE

    def write(draft: Draft) -> None:
        top = tree.lookup(path)
        if not directory:
            assert top is not None
            draft.take(FILE, top, None, None)
            return
        folders: list[tuple[str, Entry]] = []
        base = tree.real_path(path).rstrip("/")
        for entry in tree.walk(path):
            inner = entry.path[len(base) :]
            if entry.is_directory:
                draft.folder(inner, entry, None, None)
                folders.append((inner, entry))
            else:
                draft.take(inner, entry, None, None)
        for inner, entry in reversed(folders):
            edit.like(draft.root / inner.lstrip("/"), entry)
        if top is not None:
            edit.like(draft.root, top)

    digest = content_digest(store, root, path)
    return edit.edited(store, Snapshot(), ["content", digest], write), place


def put(store: Store, root: Snapshot, piece: Piece, target: Target, *, many: bool) -> Snapshot:
    """Copy a piece into a file system: a directory's content into the target, a file into it or as it."""
    path = posixpath.normpath(target.path)
    there = Tree(store.layer_paths(root)).lookup(path)
    if piece.directory:
        return copy(store, root, path, piece.root, piece.path, owner=target.owner, mode=target.mode)
    if target.path.endswith("/") or many or (there is not None and there.is_directory):
        path = posixpath.join(path, piece.name)
    return copy(store, root, path, piece.root, piece.path, owner=target.owner, mode=target.mode)


def is_archive(store: Store, piece: Piece) -> bool:
    """Whether ADD unpacks a file: a tar archive, plain or compressed by gzip, bzip2 or xz."""
    if piece.directory:
        return False
    entry = Tree(store.layer_paths(piece.root)).lookup(piece.path)
    return entry is not None and entry.is_file and tarfile.is_tarfile(entry.source)


def unpack(store: Store, root: Snapshot, piece: Piece, target: Target) -> Snapshot:
    """Unpack an archive into a directory; names that lead out of it are refused (tarfile's filter `tar`)."""
    entry = Tree(store.layer_paths(piece.root)).lookup(piece.path)
    assert entry is not None
    archive = entry.source
    path = posixpath.normpath(target.path)
    unpacked = ["unpack", content_digest(store, piece.root, piece.path)]

    def write(draft: Draft) -> None:
        with tarfile.open(archive) as file:
            file.extractall(draft.root, filter="tar")

    alone = edit.edited(store, Snapshot(), unpacked, write)
    return copy(store, root, path, alone, "/", owner=target.owner, mode=target.mode)


def text_piece(store: Store, name: str, text: str) -> Piece:
    """Return a file made of text, such as a here-document."""
    return Piece(
        name, edit.write_file(store, Snapshot(), FILE, text.encode()), FILE, directory=False
    )


def check_sum(data: bytes, wanted: str) -> bool:
    """Whether data has the digest `sha256:<hex>`."""
    return not wanted or wanted == "sha256:" + hashlib.sha256(data).hexdigest()
