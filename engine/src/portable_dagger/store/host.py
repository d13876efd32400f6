"""Directories and files of the host, taken into the store.

The first import of a directory makes a layer of all of it, the base. A later one lays the difference on top of that
base, so it costs one walk and what changed; when the difference grows, a new base is made, whose unchanged files are
hard links into the old one. A file is read only when its size, times or inode differ from those seen before.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import stat as modes
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.errors import NotFoundError
from portable_dagger.store.content import Facts, digest_of
from portable_dagger.store.disk import disk_errors
from portable_dagger.store.filter import Filter
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.survey import MODE, MODIFIED, PATH, SIZE, TARGET, Row, row_of, survey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.store.store import Stage, Store

PICKLE = 5

SMALL = 2**20
"""Bytes up to which a file is copied through memory."""

SHARE = 8
"""A difference of more than one in so many entries makes a new base."""

FEW = 64
"""Entries that may always differ."""

ROOT_MODE = 0o755


@dataclass(frozen=True, slots=True)
class Base:
    """A layer that holds a host directory as it once was; `contents` has the SHA-256 of each file."""

    rows: dict[str, Row]
    contents: dict[str, str]
    layer: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What lies on top of a base: rows that are new or changed, and paths that are gone."""

    rows: tuple[Row, ...]
    gone: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.rows or self.gone)


@dataclass(frozen=True, slots=True)
class Memory:
    """What the last import of a host path made: a base, and a difference with its layer ("" for none)."""

    base: Base
    difference: Difference
    layer: str

    @property
    def snapshot(self) -> Snapshot:
        """What was answered."""
        return Snapshot((self.base.layer, self.layer) if self.layer else (self.base.layer,))


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
    rows = survey(host_path, chosen)
    key = hashlib.sha256(repr((str(host_path), chosen)).encode()).hexdigest()
    place = store.root / "imports" / key
    store.usage.touch("import", (key,))
    last = _load(place)
    if last is not None and not store.has_layer(last.base.layer):
        last = None
    difference = _difference(last.base, rows) if last is not None else None
    if last is not None and difference == last.difference and _present(store, last):
        return last.snapshot
    if last is None or difference is None or _large(difference, rows):
        base, contents = _base(store, host_path, rows, last.base if last is not None else None)
        made = Memory(base, Difference((), ()), "")
    else:
        layer, contents = _lay(store, host_path, last.base, difference)
        made = Memory(last.base, difference, layer)
    _keep(store, place, made)
    digest = digest_of((ROOT_MODE, 0, 0), ((f"/{r[PATH]}", _facts(r, contents)) for r in rows))
    store.index.put_content(f"{made.snapshot.digest}:/", digest)
    return made.snapshot


def import_file(store: Store, host_path: Path) -> tuple[Snapshot, str]:
    """Take one host file into the store; returns the snapshot and the path in it."""
    if not host_path.exists():
        raise NotFoundError(f"lstat {host_path}: no such file or directory", "check the path")
    if host_path.is_dir():
        raise NotFoundError(f"{host_path} is a directory, not a file", "name a file")
    row = row_of(host_path.name, host_path.stat())
    base, _ = _base(store, host_path.parent, [row], None)
    return Snapshot((base.layer,)), "/" + host_path.name


def _load(place: Path) -> Memory | None:
    try:
        data = place.read_bytes()
        # It is our own file in our own state directory.
        found = pickle.loads(data)  # noqa: S301 # nosec B301
    except (OSError, pickle.UnpicklingError, EOFError, AttributeError):
        return None
    return found if isinstance(found, Memory) else None


def _keep(store: Store, place: Path, made: Memory) -> None:
    # Imports run in threads, and several of one folder at once.
    aside = place.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    with disk_errors(store.root):
        aside.write_bytes(pickle.dumps(made, PICKLE))
        aside.rename(place)


def _present(store: Store, memory: Memory) -> bool:
    return all(store.has_layer(layer) for layer in memory.snapshot.layers)


def _difference(base: Base, rows: Sequence[Row]) -> Difference:
    known = base.rows
    changed = tuple(row for row in rows if known.get(row[PATH]) != row)
    gone = known.keys() - {row[PATH] for row in rows}
    if not gone:
        return Difference(changed, ())
    # What lies in a directory that is gone, or is a file now, goes with it.
    files = {row[PATH] for row in changed if not modes.S_ISDIR(row[MODE])}
    covered = gone | files
    tops = (path for path in gone if path.rpartition("/")[0] not in covered)
    return Difference(changed, tuple(sorted(tops)))


def _large(difference: Difference, rows: Sequence[Row]) -> bool:
    return len(difference.rows) + len(difference.gone) > max(FEW, len(rows) // SHARE)


def _facts(row: Row, contents: dict[str, str]) -> Facts:
    """Return what store.content counts of an entry."""
    if row[TARGET]:
        return (row[MODE], 0, 0, row[TARGET])
    return (row[MODE], 0, 0, contents.get(row[PATH], 0))


def _base(
    store: Store, top: Path, rows: Sequence[Row], last: Base | None
) -> tuple[Base, dict[str, str]]:
    """Make a layer of everything; files that did not change are links into the last base."""
    stage = store.stage()
    before = store.layer_path(last.layer) if last is not None else None
    contents: dict[str, str] = {}
    try:
        with disk_errors(store.root):
            for row in rows:
                path = row[PATH]
                if last is not None and last.contents.get(path) and last.rows.get(path) == row:
                    os.link(f"{before}/{path}", stage.root / path)
                    contents[path] = last.contents[path]
                else:
                    _put(top, stage, row, contents)
            _finish(stage, rows)
        total = hashlib.sha256()
        for row in rows:
            total.update(repr((row[PATH], *_facts(row, contents))).encode())
        digest = "sha256:" + total.hexdigest()
        stage.commit(digest, "host", str(top))
    finally:
        stage.abort()
    return Base({row[PATH]: row for row in rows}, contents, digest), contents


def _lay(store: Store, top: Path, base: Base, difference: Difference) -> tuple[str, dict[str, str]]:
    """Make a layer of what differs from a base; returns its digest, "" for none, and all files' contents.

    What was only touched, its content being what it was, is no difference.
    """
    stage = store.stage()
    contents = dict(base.contents)
    facts = []
    folders = {row[PATH] for row in difference.rows if modes.S_ISDIR(row[MODE])}
    parents = _parents(base, (*(row[PATH] for row in difference.rows), *difference.gone), folders)
    # A directory that did not change may lie in one that did: each comes after the one it is in.
    rows = sorted((*parents, *difference.rows), key=lambda row: row[PATH])
    kept = {row[PATH] for row in parents}
    try:
        with disk_errors(store.root):
            for row in rows:
                path = row[PATH]
                if path in kept:
                    (stage.root / path).mkdir()
                    continue
                contents.pop(path, None)
                _put(top, stage, row, contents)
                known = base.rows.get(path)
                if known is None or _facts(row, contents) != _facts(known, base.contents):
                    facts.append((path, *_facts(row, contents)))
                elif not modes.S_ISDIR(row[MODE]):
                    (stage.root / path).unlink()
            if not facts and not difference.gone:
                return "", contents
            for path in difference.gone:
                os.mknod(stage.root / path, modes.S_IFCHR, os.makedev(0, 0))
            _finish(stage, rows)
        text = repr((base.layer, facts, difference.gone))
        digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
        stage.commit(digest, "host", str(top))
    finally:
        stage.abort()
    return digest, contents


def _parents(base: Base, paths: Sequence[str], made: set[str]) -> list[Row]:
    """Return the rows of directories that a difference needs and does not bring itself."""
    needed = {
        path[:end]
        for path in paths
        for end in (at for at, letter in enumerate(path) if letter == "/")
    }
    return [base.rows[path] for path in needed - made]


def _put(top: Path, stage: Stage, row: Row, contents: dict[str, str]) -> None:
    """Write one entry into a layer; a file's SHA-256 goes into `contents`."""
    path, mode = row[PATH], row[MODE]
    target = f"{stage.root}/{path}"
    if modes.S_ISDIR(mode):
        os.mkdir(target)
    elif row[TARGET]:
        os.symlink(row[TARGET], target)
    else:
        contents[path] = _take(f"{top}/{path}", target, row)


def _finish(stage: Stage, rows: Sequence[Row]) -> None:
    """Give directories their modes and times, once nothing is written into them any more."""
    for row in reversed(rows):
        if modes.S_ISDIR(row[MODE]):
            target = stage.root / row[PATH]
            target.chmod(modes.S_IMODE(row[MODE]))
            os.utime(target, ns=(row[MODIFIED], row[MODIFIED]))


def _take(source: str, target: str, row: Row) -> str:
    """Copy one file and return the SHA-256 of its content; small ones are read once."""
    times = (row[MODIFIED], row[MODIFIED])
    if row[SIZE] > SMALL:
        shutil.copyfile(source, target)
        os.chmod(target, modes.S_IMODE(row[MODE]))
        os.utime(target, ns=times)
        with open(target, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    data = read(source)
    made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        # A disk that becomes full takes a part without an error; only the next write says so.
        left = memoryview(data)
        while left:
            left = left[os.write(made, left) :]
        os.fchmod(made, modes.S_IMODE(row[MODE]))
        os.utime(made, ns=times)
    finally:
        os.close(made)
    return hashlib.sha256(data).hexdigest()


def read(source: str) -> bytes:
    """Return a small file's content, with as few calls of the kernel as can be."""
    opened = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = os.read(opened, SMALL + 1)
        if len(data) <= SMALL:
            return data
    finally:
        os.close(opened)
    return Path(source).read_bytes()
