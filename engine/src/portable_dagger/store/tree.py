"""A merged view of layers, read without mounting them.

Layers have overlayfs' form (kernel documentation, filesystems/overlayfs): a whiteout is a character device 0:0, an
opaque directory has the attribute OPAQUE set to `y`.
"""

from __future__ import annotations

import os
import posixpath
import stat as modes
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from portable_dagger.errors import LinkLoopError, NotFoundError
from portable_dagger.runtime import linux

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OPAQUE = f"{linux.OVERLAY}opaque"
LINK_LIMIT = 40
"""Symbolic links followed in one path, as in the kernel."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a tree: its path there, where it lies on disk, its lstat, and a link's target."""

    path: str
    source: Path
    stat: os.stat_result
    target: str = ""

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory (and no link to one)."""
        return modes.S_ISDIR(self.stat.st_mode)

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return modes.S_ISREG(self.stat.st_mode)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return modes.S_ISLNK(self.stat.st_mode)


class Tree:
    """Layers, bottom first, as one tree."""

    def __init__(self, layers: Sequence[Path]) -> None:
        self._layers = [str(layer) for layer in reversed(layers)]

    def lookup(self, path: str, follow: bool = True) -> Entry | None:  # noqa: FBT001, FBT002
        """Return the entry of an absolute path, or None; links on the way are followed inside the tree."""
        real = self._resolve(path, follow=follow)
        return None if real is None else self._entry(real)

    def real_path(self, path: str) -> str:
        """Return a path with its links followed; the path itself when it does not exist."""
        return self._resolve(path, follow=True) or posixpath.normpath("/" + path.lstrip("/"))

    def entries(self, path: str = "/") -> list[str]:
        """Return the names in a directory, sorted; those of directories end with a slash."""
        real = self._resolve(path, follow=True)
        if real is None:
            return []
        return [
            name + "/" if modes.S_ISDIR(found.st_mode) else name
            for name, (_, found) in sorted(self.children(real).items())
        ]

    def walk(self, path: str = "/") -> Iterator[Entry]:
        """Yield everything below a directory, parents before children, names sorted."""
        real = self._resolve(path, follow=True)
        stack = [real] if real is not None else []
        while stack:
            here = stack.pop()
            folders = []
            for name, (source, found) in sorted(self.children(here).items()):
                child = posixpath.join(here, name)
                target = os.readlink(source) if modes.S_ISLNK(found.st_mode) else ""
                yield Entry(child, Path(source), found, target)
                if modes.S_ISDIR(found.st_mode):
                    folders.append(child)
            stack.extend(reversed(folders))

    def read_bytes(self, path: str) -> bytes:
        """Return a file's content; FileNotFoundError when there is none."""
        with self.open(path) as file:
            return file.read()

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading; FileNotFoundError when there is none.

        NotFoundError for what is none: a pipe would never end, and a device would be the host's.
        """
        entry = self.lookup(path)
        if entry is None:
            raise FileNotFoundError(path)
        if not modes.S_ISREG(entry.stat.st_mode):
            raise NotFoundError(f"{path} is no regular file")
        return entry.source.open("rb")

    def _resolve(self, path: str, *, follow: bool) -> str | None:
        """Return the path without links, or None where it does not exist."""
        pending = [part for part in reversed(path.split("/")) if part not in {"", "."}]
        here, links = "/", 0
        if not self._layers:
            return None if any(part != ".." for part in pending) else "/"
        while pending:
            part = pending.pop()
            if part == "..":
                here = posixpath.dirname(here)
                continue
            child = posixpath.join(here, part)
            entry = self._entry(child)
            if entry is None:
                return None
            if entry.is_link and (pending or follow):
                links += 1
                if links > LINK_LIMIT:
                    raise LinkLoopError(f"{path}: too many levels of symbolic links")
                if entry.target.startswith("/"):
                    here = "/"
                pending.extend(p for p in reversed(entry.target.split("/")) if p not in {"", "."})
                continue
            if pending and not entry.is_directory:
                return None
            here = child
        return here

    def _entry(self, path: str) -> Entry | None:
        """Look up a path whose parents are no links."""
        inner = path.lstrip("/")
        visible = self._visible(posixpath.dirname(path)) if inner else self._layers
        for layer in visible:
            source = f"{layer}/{inner}"
            try:
                found = os.lstat(source)
            except (FileNotFoundError, NotADirectoryError):
                continue
            if _is_whiteout(found):
                return None
            target = os.readlink(source) if modes.S_ISLNK(found.st_mode) else ""
            return Entry(path, Path(source), found, target)
        return None

    def _visible(self, directory: str) -> list[str]:
        """Return the layers, top first, whose version of a directory counts."""
        visible = self._layers
        parts = [part for part in directory.split("/") if part]
        for depth in range(1, len(parts) + 1):
            inner = "/".join(parts[:depth])
            kept = []
            for layer in visible:
                source = f"{layer}/{inner}"
                try:
                    found = os.lstat(source)
                except (FileNotFoundError, NotADirectoryError):
                    continue
                if not modes.S_ISDIR(found.st_mode):
                    break
                kept.append(layer)
                if _is_opaque(source):
                    break
            visible = kept
        return visible

    def children(self, directory: str) -> dict[str, tuple[str, os.stat_result]]:
        """Return what is in a directory whose path has no links: by name, the place on disk and its lstat."""
        inner = directory.lstrip("/")
        found: dict[str, tuple[str, os.stat_result]] = {}
        hidden: set[str] = set()
        for layer in self._visible(directory):
            with os.scandir(f"{layer}/{inner}") as children:
                for child in children:
                    if child.name in found or child.name in hidden:
                        continue
                    status = child.stat(follow_symlinks=False)
                    if _is_whiteout(status):
                        hidden.add(child.name)
                    else:
                        found[child.name] = (child.path, status)
        return found


def _is_whiteout(found: os.stat_result) -> bool:
    return modes.S_ISCHR(found.st_mode) and found.st_rdev == 0


def _is_opaque(source: str) -> bool:
    try:
        return os.getxattr(source, OPAQUE, follow_symlinks=False) == b"y"
    except OSError:
        return False
