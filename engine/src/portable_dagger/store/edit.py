"""Edits: from a snapshot to one with one more layer, written by hand and not through a mount.

A layer's digest is made of the snapshot it lies on and of the edit, so the same edit is done once.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import shutil
import stat as modes
from typing import TYPE_CHECKING, Any

from portable_dagger.errors import NotFoundError, StoreError
from portable_dagger.store.disk import disk_errors
from portable_dagger.store.pattern import Patterns
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import OPAQUE, Entry, Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from portable_dagger.store.store import Store

Owner = tuple[int, int]

DEEPEST = 60
"""Layers of a snapshot before they are made into one."""

REVISION = 2
"""Raised when an edit of the same description begins to give another layer: a kept store has the old ones."""

LINKS_EXHAUSTED = 31
"""errno EMLINK: a file has as many hard links as its file system allows."""


class Draft:
    """A layer in the making on top of a tree."""

    def __init__(self, root: Path, tree: Tree) -> None:
        self.root = root
        self.tree = tree
        self._made: set[str] = set()
        self._replaced: set[str] = set()

    def place(self, path: str) -> Path:
        """Return where a path lies in the layer, its parents made as they are below, or anew (0755, root)."""
        folder, name = posixpath.split(posixpath.normpath("/" + path.lstrip("/")))
        real = self._directory(folder)
        return self.root / real.lstrip("/") / name

    def _directory(self, path: str) -> str:
        """Make a directory, and those above it, in the layer; return its real path."""
        if path == "/" or path in self._made:
            return path
        entry = self.tree.lookup(path)
        if entry is not None and entry.is_directory:
            real = entry.path
        else:
            parent, name = posixpath.split(path)
            real = posixpath.join(self._directory(parent), name)
            if entry is not None and path not in self._replaced:
                raise NotFoundError(f"{path} is a file, not a directory")
            entry = None
        parent = posixpath.dirname(real)
        if parent != "/":
            self._directory(parent)
        made = self.root / real.lstrip("/")
        if not made.is_dir():
            made.mkdir(mode=0o755)
            if entry is not None:
                like(made, entry)
        self._made |= {path, real}
        return real

    def file(self, path: str, data: bytes, mode: int, owner: Owner | None) -> None:
        """Write a file; what is there is replaced."""
        target = self.place(path)
        clear(target)
        target.write_bytes(data)
        os.chown(target, *(owner or (0, 0)))
        target.chmod(mode)

    def whiteout(self, path: str) -> None:
        """Hide what lies below."""
        target = self.place(path)
        clear(target)
        os.mknod(target, modes.S_IFCHR, os.makedev(0, 0))

    def take(self, path: str, entry: Entry, owner: Owner | None, mode: int | None) -> None:
        """Put a file, link or device of another tree in: by a hard link where nothing changes."""
        target = self.place(path)
        clear(target)
        changed = owner is not None and owner != (entry.stat.st_uid, entry.stat.st_gid)
        changed |= (
            mode is not None and not entry.is_link and mode != modes.S_IMODE(entry.stat.st_mode)
        )
        if not changed:
            try:
                os.link(entry.source, target, follow_symlinks=False)
            except OSError as error:
                if error.errno != LINKS_EXHAUSTED:
                    raise
            else:
                return
        duplicate(entry, target)
        if owner is not None:
            os.chown(target, *owner, follow_symlinks=False)
        if mode is not None and not entry.is_link:
            target.chmod(mode)

    def folder(self, path: str, entry: Entry | None, owner: Owner | None, mode: int | None) -> None:
        """Make a directory like another tree's; one that is there takes its owner and mode."""
        target = self.place(path)
        if target.is_symlink() or (target.exists() and not target.is_dir()):
            clear(target)
        self._replaced.add(posixpath.normpath(path))
        existing = self.tree.lookup(path, follow=True)
        if existing is not None and existing.is_directory:
            target = self.root / self._directory(existing.path).lstrip("/")
        elif not target.is_dir():
            target.mkdir()
        if entry is not None:
            like(target, entry)
        if owner is not None:
            os.chown(target, *owner)
        if mode is not None:
            target.chmod(mode)


def clear(target: Path) -> None:
    """Remove what lies at a place of a layer in the making."""
    if target.is_symlink() or not target.is_dir():
        target.unlink(missing_ok=True)
    else:
        shutil.rmtree(target)


def like(target: Path, entry: Entry) -> None:
    """Give a directory another one's owner, mode and times."""
    os.chown(target, entry.stat.st_uid, entry.stat.st_gid)
    target.chmod(modes.S_IMODE(entry.stat.st_mode))
    os.utime(target, ns=(entry.stat.st_atime_ns, entry.stat.st_mtime_ns))


def duplicate(entry: Entry, target: Path) -> None:
    """Copy a file, link or device with its owner, mode and times."""
    if entry.is_link:
        target.symlink_to(entry.target)
    elif entry.is_file:
        shutil.copyfile(entry.source, target)
    else:
        os.mknod(target, entry.stat.st_mode, entry.stat.st_rdev)
    os.chown(target, entry.stat.st_uid, entry.stat.st_gid, follow_symlinks=False)
    if not entry.is_link:
        target.chmod(modes.S_IMODE(entry.stat.st_mode))
    times = (entry.stat.st_atime_ns, entry.stat.st_mtime_ns)
    os.utime(target, ns=times, follow_symlinks=False)


def edited(
    store: Store,
    snapshot: Snapshot,
    description: Sequence[Any],
    write: Callable[[Draft], None],
    source: Snapshot = Snapshot(),  # noqa: B008  immutable
) -> Snapshot:
    """Return the snapshot with the layer that `write` makes; the layer of an edit done before is reused.

    `source` is where `write` takes files from, if not from the snapshot: what is private there is private here.
    """
    base = squashed(store, snapshot) if len(snapshot.layers) >= DEEPEST else snapshot
    text = json.dumps([REVISION, base.digest, *description], sort_keys=True)
    digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    if not store.has_layer(digest):
        stage = store.stage()
        try:
            with disk_errors(store.root):
                write(Draft(stage.root, Tree(store.layer_paths(base))))
            title = " ".join(str(word) for word in description[:2])
            private = store.facts.private((*base.layers, *source.layers))
            stage.commit(digest, "edit", title, private=private)
        finally:
            stage.abort()
    return Snapshot((*base.layers, digest))


def squashed(store: Store, snapshot: Snapshot) -> Snapshot:
    """Return the same file system as one layer, made of hard links."""

    def write(draft: Draft) -> None:
        tree = Tree(store.layer_paths(snapshot))
        folders = []
        for entry in tree.walk():
            if entry.is_directory:
                draft.folder(entry.path, entry, None, None)
                folders.append(entry)
            else:
                draft.take(entry.path, entry, None, None)
        for entry in reversed(folders):
            like(draft.root / entry.path.lstrip("/"), entry)

    return edited(store, Snapshot(), ["squash", snapshot.digest], write, snapshot)


def write_file(  # noqa: PLR0913, PLR0917  what a file is made of
    store: Store,
    snapshot: Snapshot,
    path: str,
    data: bytes,
    mode: int = 0o644,
    owner: Owner | None = None,
) -> Snapshot:
    """Write a file; parents that are missing are made with mode 0755 for root."""
    content = hashlib.sha256(data).hexdigest()
    return edited(
        store,
        snapshot,
        ["file", path, content, mode, owner],
        lambda draft: draft.file(path, data, mode, owner),
    )


def add_file(
    store: Store, snapshot: Snapshot, path: str, source: Path, mode: int = 0o644
) -> Snapshot:
    """Write a file whose content lies on disk."""
    with source.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()

    def write(draft: Draft) -> None:
        target = draft.place(path)
        clear(target)
        shutil.copyfile(source, target)
        target.chmod(mode)

    return edited(store, snapshot, ["file", path, content, mode, None], write)


def make_directory(
    store: Store, snapshot: Snapshot, path: str, mode: int = 0o755, owner: Owner | None = None
) -> Snapshot:
    """Make a directory; parents that are missing get its mode and owner."""

    def write(draft: Draft) -> None:
        missing = [path]
        while (parent := posixpath.dirname(missing[0])) != "/" and draft.tree.lookup(
            parent
        ) is None:
            missing.insert(0, parent)
        for folder in missing:
            draft.folder(folder, None, owner, mode)

    return edited(store, snapshot, ["directory", path, mode, owner], write)


def symlink(store: Store, snapshot: Snapshot, path: str, target: str) -> Snapshot:
    """Make a symbolic link; NotFoundError when something is there already."""
    if Tree(store.layer_paths(snapshot)).lookup(path, follow=False) is not None:
        raise NotFoundError(f"symlink {target} {path}: file exists", "remove it first")

    def write(draft: Draft) -> None:
        draft.place(path).symlink_to(target)

    return edited(store, snapshot, ["symlink", path, target], write)


def remove(store: Store, snapshot: Snapshot, patterns: Sequence[str], kind: str) -> Snapshot:
    """Remove the files, the directories, or either, that patterns name; a miss is not an error."""
    tree = Tree(store.layer_paths(snapshot))
    found: list[Entry] = []
    for text in patterns:
        if any(letter in text for letter in "*?[\\"):
            matcher = Patterns([text.lstrip("/")])
            found += [e for e in tree.walk() if matcher.match_exactly(e.path.lstrip("/"))]
        else:
            entry = tree.lookup(text, follow=False)
            found += [entry] if entry is not None else []
    wanted = {"file": (False,), "directory": (True,), "any": (False, True)}[kind]
    gone = sorted({entry.path for entry in found if entry.is_directory in wanted})
    if not gone:
        return snapshot
    if gone[0] == "/":
        raise StoreError("the root of a file system cannot be removed", "remove what is in it")

    def write(draft: Draft) -> None:
        done: list[str] = []
        for path in gone:
            if not any(path.startswith(parent + "/") for parent in done):
                draft.whiteout(path)
                done.append(path)

    return edited(store, snapshot, ["remove", gone], write)


def chown(store: Store, snapshot: Snapshot, path: str, owner: Owner) -> Snapshot:
    """Give a file, or a directory with all that is in it, to another owner."""

    def write(draft: Draft) -> None:
        for entry in _with_children(draft.tree, path):
            if entry.is_directory:
                draft.folder(entry.path, entry, owner, None)
            else:
                draft.take(entry.path, entry, owner, None)

    return edited(store, snapshot, ["chown", path, owner], write)


def set_times(store: Store, snapshot: Snapshot, path: str, seconds: int) -> Snapshot:
    """Set the modification time of a file, or of a directory with all that is in it."""

    def write(draft: Draft) -> None:
        folders = []
        for entry in _with_children(draft.tree, path):
            if entry.is_directory:
                draft.folder(entry.path, entry, None, None)
                folders.append(draft.root / entry.path.lstrip("/"))
            else:
                target = draft.place(entry.path)
                duplicate(entry, target)
                os.utime(target, (seconds, seconds), follow_symlinks=False)
        for folder in reversed(folders):
            os.utime(folder, (seconds, seconds))

    return edited(store, snapshot, ["times", path, seconds], write)


def _with_children(tree: Tree, path: str) -> list[Entry]:
    top = tree.lookup(path)
    if top is None:
        raise NotFoundError(f"stat {path}: no such file or directory")
    return [top, *tree.walk(top.path)] if top.is_directory else [top]


def opaque(path: Path) -> None:
    """Make a directory of a layer hide what lies below it."""
    os.setxattr(path, OPAQUE, b"y")
