"""COPY and ADD in the store: sources with wildcards, where they go, and one layer for each instruction.

A layer's key is made of the content of what is copied, so that a change of the context which an instruction does not
name changes nothing behind it.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import posixpath
import re
import stat as modes
import tarfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from portable_dagger.errors import NotFoundError
from portable_dagger.images.unpacking import unpack
from portable_dagger.store.content import content_digest
from portable_dagger.store.edit import Draft, Owner, edited
from portable_dagger.store.filter import Filter, selected
from portable_dagger.store.pattern import Patterns, compiled
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.dockerfile.permissions import Permissions
    from portable_dagger.store.store import Store
    from portable_dagger.store.tree import Entry

_WILDCARD = re.compile(r"[*?\[]")
_PIVOT = "/./"


@dataclass(frozen=True, slots=True)
class Source:
    """Something to copy: `path` in a snapshot (links followed), and the name that it gets in a folder.

    `unpacks` lets a tar archive be unpacked in its place.
    """

    root: Snapshot
    path: str
    name: str
    unpacks: bool = False
    owner: Owner | None = None
    mode: int | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where things go: an absolute path; `folder` if it ends with a slash or takes several things."""

    path: str
    folder: bool = False
    owner: Owner | None = None
    permissions: Permissions | None = None
    exclude: tuple[str, ...] = ()

    def mode(self, entry: Entry, otherwise: int | None = None) -> int | None:
        """Return the mode that something gets, `otherwise` when that is not said; None: its own."""
        if self.permissions is None:
            return otherwise
        own = modes.S_IMODE(entry.stat.st_mode) if otherwise is None else otherwise
        return self.permissions.of(own, folder=entry.is_directory)


def find(
    store: Store, root: Snapshot, base: str, text: str, *, parents: bool = False
) -> list[Source]:
    """Return what a source of COPY names below `base`; NotFoundError for one without wildcards that is not there.

    With `parents`, names keep the folders of the path (behind `/./` if that is in it).
    """
    tree = Tree(store.layer_paths(root))
    skipped = _normal(text.partition(_PIVOT)[0]) if parents and _PIVOT in text else ""
    pattern = _normal(text)
    if not _WILDCARD.search(pattern):
        paths = [pattern]
    else:
        static = posixpath.dirname(pattern[: _WILDCARD.search(pattern).start()])  # type: ignore[union-attr]
        top = posixpath.join(base, static)
        real = tree.real_path(top).rstrip("/")
        matcher = compiled(pattern)
        depth = pattern.count("/")
        inner = (posixpath.join(static, e.path[len(real) + 1 :]) for e in tree.walk(top))
        paths = sorted(p for p in inner if p.count("/") == depth and matcher.fullmatch(p))
    found = []
    for path in paths:
        place = posixpath.join(base, path) if path else base
        if path and tree.lookup(place) is None:
            raise NotFoundError(f'"/{path}": not found')
        name = path[len(skipped) :].lstrip("/") if parents else posixpath.basename(path)
        found.append(Source(root, tree.real_path(place), name))
    return found


def _normal(text: str) -> str:
    return posixpath.normpath("/" + text.lstrip("/")).lstrip("/")


def place(
    store: Store,
    target: Snapshot,
    sources: list[Source],
    to: Destination,
    *,
    parents: bool = False,
) -> Snapshot:
    """Return the target with the sources copied into it: what is in folders, and in archives that may be unpacked."""
    ready = [_unpacked(store, source) if source.unpacks else source for source in sources]
    asked = to.permissions.text if to.permissions else None
    description = [
        "COPY",
        [to.path, to.folder, to.owner, asked, list(to.exclude), parents],
        [[content_digest(store, s.root, s.path), s.name, s.owner, s.mode] for s in ready],
    ]

    def write(draft: Draft) -> None:
        there = draft.tree.lookup(to.path)
        into_folder = to.folder or parents or (there is not None and there.is_directory)
        if into_folder:
            _make_folders(draft, to.path, to.owner)
        for source in ready:
            tree = Tree(store.layer_paths(source.root))
            top = tree.lookup(source.path)
            is_file = top is not None and not top.is_directory
            inside = parents or (into_folder and is_file)
            path = posixpath.join(to.path, source.name) if inside else to.path
            _make_folders(draft, posixpath.dirname(path), to.owner)
            if top is not None and is_file:
                _put_file(draft, top, source, path, to)
            else:
                _put_folder(draft, tree, source, path, to)

    taken = Snapshot(tuple(layer for source in ready for layer in source.root.layers))
    return edited(store, target, description, write, taken)


def _put_file(draft: Draft, entry: Entry, source: Source, path: str, to: Destination) -> None:
    if not Patterns(to.exclude).match(source.name):
        draft.take(path, entry, to.owner or source.owner, to.mode(entry, source.mode))


def _put_folder(draft: Draft, tree: Tree, source: Source, path: str, to: Destination) -> None:
    """Copy what is in a folder; one that is there already keeps its own owner and mode."""
    owner = to.owner or source.owner
    if draft.tree.lookup(path) is None:
        # The root of a context or archive is no folder of the user's: its mode is an accident.
        top = tree.lookup(source.path) if source.name else None
        made = to.permissions.of(0o755, folder=True) if to.permissions else 0o755
        draft.folder(path, top, owner, made if top is None else to.mode(top))
    for inner, entry in selected(tree, source.path, Filter(exclude=to.exclude)):
        if entry.is_directory:
            draft.folder(posixpath.join(path, inner), entry, owner, to.mode(entry))
        else:
            draft.take(posixpath.join(path, inner), entry, owner, to.mode(entry))


def _make_folders(draft: Draft, path: str, owner: Owner | None) -> None:
    """Make a folder, and those above it, where they are missing."""
    if path == "/" or draft.tree.lookup(path) is not None:
        return
    if not (draft.root / path.lstrip("/")).is_dir():
        _make_folders(draft, posixpath.dirname(path), owner)
        draft.folder(path, None, owner, 0o755)


def _unpacked(store: Store, source: Source) -> Source:
    """Return what a tar archive holds (plain, gzip, bzip2 or xz); what is none, as it is."""
    entry = Tree(store.layer_paths(source.root)).lookup(source.path)
    if entry is None or not entry.is_file or not tarfile.is_tarfile(entry.source):
        return source

    def write(draft: Draft) -> None:
        with _plain(entry.source) as stream:
            unpack(stream, draft.root)

    digest = content_digest(store, source.root, source.path)
    return Source(edited(store, Snapshot(), ["unpack", digest], write, source.root), "/", "")


def _plain(path: Path) -> IO[bytes]:
    """Open an archive for its uncompressed content."""
    with path.open("rb") as file:
        magic = file.read(6)
    if magic.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.open(path))
    if magic.startswith(b"BZh"):
        return cast("IO[bytes]", bz2.open(path))
    if magic == b"\xfd7zXZ\x00":
        return cast("IO[bytes]", lzma.open(path))
    return path.open("rb")
