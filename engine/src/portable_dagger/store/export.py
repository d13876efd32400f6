"""Directories and files written to the host.

Nothing is left half done: a file that replaces one, and a directory that was not there, are written aside and renamed.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import stat as modes
from typing import TYPE_CHECKING

from portable_dagger.errors import NotFoundError
from portable_dagger.store.disk import disk_errors
from portable_dagger.store.edit import clear
from portable_dagger.store.host import SMALL, read
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.store.snapshot import Snapshot
    from portable_dagger.store.store import Store


def export_directory(
    store: Store, snapshot: Snapshot, path: str, host_path: Path, *, wipe: bool = False
) -> None:
    """Write a directory's content to the host: merged into what is there, or in its place.

    Files belong to whoever exports; modes are kept.
    """
    tree = Tree(store.layer_paths(snapshot))
    real = tree.real_path(path)
    with disk_errors(host_path):
        if not host_path.exists():
            host_path.parent.mkdir(parents=True, exist_ok=True)
            _new_folder(tree, real, host_path, 0o755)
            return
        if wipe:
            for child in host_path.iterdir():
                clear(child)
        _merge(tree, real, host_path)


def export_file(store: Store, snapshot: Snapshot, path: str, host_path: Path) -> None:
    """Write a file to the host; parents are made with mode 0700, a file that is replaced keeps its mode."""
    entry = Tree(store.layer_paths(snapshot)).lookup(path)
    if entry is None:
        raise NotFoundError(f"stat {path}: no such file or directory")
    with disk_errors(host_path):
        _make_parents(host_path.parent)
        mode = host_path.stat().st_mode if host_path.is_file() else None
        _replace(str(entry.source), entry.stat, host_path)
        if mode is not None:
            host_path.chmod(modes.S_IMODE(mode))


def _make_parents(path: Path) -> None:
    if not path.exists():
        _make_parents(path.parent)
        path.mkdir(mode=0o700)


def _merge(tree: Tree, path: str, place: Path) -> None:
    """Write a directory into one that is there."""
    for name, (source, found) in sorted(tree.children(path).items()):
        target = place / name
        if not modes.S_ISDIR(found.st_mode):
            _replace(source, found, target)
        elif target.is_dir() and not target.is_symlink():
            _merge(tree, posixpath.join(path, name), target)
            target.chmod(modes.S_IMODE(found.st_mode))
        else:
            _new_folder(tree, posixpath.join(path, name), target, modes.S_IMODE(found.st_mode))


def _new_folder(tree: Tree, path: str, target: Path, mode: int) -> None:
    """Write a directory where none is; something else that has its name goes."""
    aside = _aside(target)
    try:
        _fill(tree, path, str(aside), mode)
        clear(target)
        aside.rename(target)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def _fill(tree: Tree, path: str, place: str, mode: int) -> None:
    """Make a directory with all that is in it, in a place that nobody else uses."""
    os.mkdir(place)
    for name, (source, found) in tree.children(path).items():
        if modes.S_ISDIR(found.st_mode):
            inner = posixpath.join(path, name)
            _fill(tree, inner, f"{place}/{name}", modes.S_IMODE(found.st_mode))
        else:
            _write(source, found, f"{place}/{name}")
    os.chmod(place, mode)


def _replace(source: str, found: os.stat_result, target: Path) -> None:
    """Write a file or link under a name that may be in use."""
    aside = _aside(target)
    try:
        _write(source, found, str(aside))
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    if target.is_dir() and not target.is_symlink():
        clear(target)
    aside.replace(target)


def _aside(target: Path) -> Path:
    """Return a free name beside a target; what an export that was killed left there goes."""
    aside = target.with_name(f".{target.name}.portable-dagger")
    clear(aside)
    return aside


def _write(source: str, found: os.stat_result, target: str) -> None:
    """Write a file or link under a free name; NotFoundError for a pipe, socket or device: these stay in containers."""
    mode = modes.S_IMODE(found.st_mode)
    if modes.S_ISLNK(found.st_mode):
        os.symlink(os.readlink(source), target)
    elif not modes.S_ISREG(found.st_mode):
        raise NotFoundError(f"{os.path.basename(source)} is no regular file")
    elif found.st_size > SMALL:
        shutil.copyfile(source, target)
        os.chmod(target, mode)
    else:
        data = read(source)
        made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            written = os.write(made, data)
            while written < len(data):  # a disk that becomes full takes a part, then refuses
                written += os.write(made, data[written:])
            os.fchmod(made, mode)
        finally:
            os.close(made)
