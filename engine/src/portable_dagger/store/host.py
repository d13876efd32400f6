"""Directories and files of the host, taken into the store.

A file is read only when its size, times or inode differ from those seen at the last import of the same path; unchanged
files are hard links into the layer of that import. So an unchanged tree costs one walk, and a changed file one copy.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import stat as modes
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portable_dagger.errors import NotFoundError
from portable_dagger.store.disk import disk_errors
from portable_dagger.store.filter import Filter, Selection
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.store.store import Store

PICKLE = 5

SMALL = 2**20
"""Bytes up to which a file is copied through memory."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One entry of a host directory: its path, mode, link target, and what tells that it changed."""

    path: str
    mode: int
    mark: tuple[int, int, int, int]
    target: str = ""


@dataclass(frozen=True, slots=True)
class Import:
    """What the last import of a host path found, and the layer that it made."""

    seen: tuple[Seen, ...]
    contents: dict[str, str]
    layer: str


def import_directory(
    store: Store, host_path: Path, select: Filter | None = None, *, gitignore: bool = False
) -> Snapshot:
    """Take a host directory into the store; owners become root, times are kept.

    NotFoundError when there is no such directory. Sockets, devices and what cannot be read because it vanished while
    the walk was under way are left out.
    """
    chosen = select or Filter()
    if gitignore:
        chosen = Filter(chosen.include, chosen.exclude, gitignore=True)
    if not host_path.exists():
        raise NotFoundError(f"lstat {host_path}: no such file or directory", "check the path")
    if not host_path.is_dir():
        raise NotFoundError(f"{host_path} is a file, not a directory", "name the directory")
    seen = tuple(_walk(host_path, chosen))
    key = hashlib.sha256(repr((str(host_path), chosen)).encode()).hexdigest()
    memory = store.root / "imports" / key
    last = _load(memory)
    if last is not None and last.seen == seen and store.has_layer(last.layer):
        return Snapshot((last.layer,))
    made = _import(store, host_path, seen, last)
    memory.parent.mkdir(exist_ok=True)
    aside = memory.with_suffix(f".{os.getpid()}")
    with disk_errors(store.root):
        aside.write_bytes(pickle.dumps(made, PICKLE))
        aside.rename(memory)
    return Snapshot((made.layer,))


def import_file(store: Store, host_path: Path) -> tuple[Snapshot, str]:
    """Take one host file into the store; returns the snapshot and the path in it."""
    if not host_path.exists():
        raise NotFoundError(f"lstat {host_path}: no such file or directory", "check the path")
    if host_path.is_dir():
        raise NotFoundError(f"{host_path} is a directory, not a file", "name a file")
    found = host_path.stat()
    seen = Seen(host_path.name, found.st_mode, _mark(found))
    made = _import(store, host_path.parent, (seen,), None)
    return Snapshot((made.layer,)), "/" + host_path.name


def _load(memory: Path) -> Import | None:
    try:
        data = memory.read_bytes()
        found = pickle.loads(data)  # noqa: S301  our own file in our own state directory
    except (OSError, pickle.UnpicklingError, EOFError, AttributeError):
        return None
    return found if isinstance(found, Import) else None


def _mark(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _walk(top: Path, select: Filter) -> list[Seen]:
    """List what is taken, sorted by path, parents first."""
    base = str(top)

    def read(inner: str) -> bytes | None:
        try:
            return (top / inner).read_bytes()
        except OSError:
            return None

    selection = Selection(select, read) if select else None
    found: list[Seen] = []
    waiting: dict[str, Seen] = {}
    stack = [""]
    while stack:
        folder = stack.pop()
        try:
            children = sorted(os.scandir(os.path.join(base, folder)), key=_name)
        except FileNotFoundError:
            continue
        below = []
        for child in children:
            inner = f"{folder}/{child.name}" if folder else child.name
            entry = _seen(child, inner)
            if entry is None:
                continue
            directory = modes.S_ISDIR(entry.mode)
            if directory and (selection is None or selection.descends(inner)):
                below.append(inner)
            if selection is None:
                found.append(entry)
                continue
            if directory:
                waiting[inner] = entry
            if selection.takes(inner, directory=directory):
                found.extend(_needed(waiting, inner))
                waiting.pop(inner, None)
                found.append(entry)
        stack.extend(reversed(below))
    return sorted(found, key=lambda entry: entry.path.split("/"))


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _needed(waiting: dict[str, Seen], inner: str) -> list[Seen]:
    names = inner.split("/")[:-1]
    parents = ["/".join(names[: depth + 1]) for depth in range(len(names))]
    return [waiting.pop(parent) for parent in parents if parent in waiting]


def _seen(child: os.DirEntry[str], inner: str) -> Seen | None:
    try:
        found = child.stat(follow_symlinks=False)
        target = os.readlink(child.path) if modes.S_ISLNK(found.st_mode) else ""
    except FileNotFoundError:
        return None
    if modes.S_ISDIR(found.st_mode):
        return Seen(inner, found.st_mode, (0, found.st_mtime_ns, 0, 0))
    if modes.S_ISREG(found.st_mode) or target:
        return Seen(inner, found.st_mode, _mark(found), target)
    return None


def _import(store: Store, top: Path, seen: tuple[Seen, ...], last: Import | None) -> Import:
    """Make the layer of an import: files that did not change are links into the last one's."""
    known: dict[str, Seen] = {}
    before: Path | None = None
    if last is not None and store.has_layer(last.layer):
        known = {entry.path: entry for entry in last.seen}
        before = store.layer_path(last.layer)
    contents: dict[str, str] = {}
    stage = store.stage()
    total = hashlib.sha256()
    try:
        with disk_errors(store.root):
            for entry in seen:
                target = stage.root / entry.path
                if modes.S_ISDIR(entry.mode):
                    target.mkdir()
                elif entry.target:
                    target.symlink_to(entry.target)
                elif before is not None and last is not None and known.get(entry.path) == entry:
                    os.link(before / entry.path, target)
                    contents[entry.path] = last.contents[entry.path]
                else:
                    contents[entry.path] = _take(top / entry.path, target, entry)
                facts = (entry.path, entry.mode, entry.target, contents.get(entry.path))
                total.update(repr(facts).encode())
            for entry in reversed(seen):
                if modes.S_ISDIR(entry.mode):
                    target = stage.root / entry.path
                    target.chmod(modes.S_IMODE(entry.mode))
                    os.utime(target, ns=(entry.mark[1], entry.mark[1]))
        digest = "sha256:" + total.hexdigest()
        stage.commit(digest)
    finally:
        stage.abort()
    return Import(seen, contents, digest)


def _take(source: Path, target: Path, entry: Seen) -> str:
    """Copy one file and return the SHA-256 of its content; small ones are read once."""
    times = (entry.mark[1], entry.mark[1])
    if entry.mark[0] > SMALL:
        shutil.copyfile(source, target)
        target.chmod(modes.S_IMODE(entry.mode))
        os.utime(target, ns=times)
        with target.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    data = source.read_bytes()
    made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(made, data)
        os.fchmod(made, modes.S_IMODE(entry.mode))
        os.utime(made, ns=times)
    finally:
        os.close(made)
    return hashlib.sha256(data).hexdigest()
