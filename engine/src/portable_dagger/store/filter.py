"""Which paths of a tree are taken: include and exclude patterns, and .gitignore files."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pathspec import GitIgnoreSpec

from portable_dagger.store.pattern import Patterns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from portable_dagger.store.tree import Entry, Tree

GITIGNORE = ".gitignore"


@dataclass(frozen=True, slots=True)
class Filter:
    """Patterns relative to the directory that is filtered; no include means everything."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    gitignore: bool = False

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.include or self.exclude or self.gitignore)

    def selection(self, read: Callable[[str], bytes | None]) -> Selection:
        """Return the filter at work; `read` gives a file's content by its relative path."""
        return Selection(self, read)


class Selection:
    """A filter at work on one tree: asked parents before children."""

    def __init__(self, filter_: Filter, read: Callable[[str], bytes | None]) -> None:
        self._include = Patterns(filter_.include)
        self._exclude = Patterns(filter_.exclude)
        self._gitignore = filter_.gitignore
        self._read = read
        self._specs: dict[str, GitIgnoreSpec | None] = {}

    def takes(self, path: str, *, directory: bool) -> bool:
        """Whether the entry itself is taken."""
        if self._include and not self._include.match(path):
            return False
        return not self._exclude.match(path) and not self._ignored(path, directory=directory)

    def descends(self, path: str) -> bool:
        """Whether anything below a directory may be taken."""
        if self._ignored(path, directory=True):
            return False
        return self._exclude.negates or not self._exclude.match(path)

    def _ignored(self, path: str, *, directory: bool) -> bool:
        if not self._gitignore:
            return False
        ignored = False
        folder = ""
        names = path.split("/")
        for depth in range(len(names)):
            spec = self._spec(folder)
            if spec is not None:
                inner = path[len(folder) :].lstrip("/")
                result = spec.check_file(inner + "/" if directory else inner)
                ignored = ignored if result.include is None else result.include
            folder = posixpath.join(folder, names[depth])
        return ignored

    def _spec(self, folder: str) -> GitIgnoreSpec | None:
        if folder not in self._specs:
            text = self._read(posixpath.join(folder, GITIGNORE))
            spec = (
                GitIgnoreSpec.from_lines(text.decode(errors="replace").splitlines())
                if text
                else None
            )
            self._specs[folder] = spec
        return self._specs[folder]


def selected(tree: Tree, path: str, filter_: Filter | None) -> Iterator[tuple[str, Entry]]:
    """Yield what a filter takes below a directory, as (relative path, entry); needed directories come first."""
    base = tree.real_path(path).rstrip("/")
    if not filter_:
        for entry in tree.walk(path):
            yield entry.path[len(base) + 1 :], entry
        return

    def read(inner: str) -> bytes | None:
        entry = tree.lookup(f"{base}/{inner}")
        return entry.source.read_bytes() if entry is not None and entry.is_file else None

    selection = filter_.selection(read)
    waiting: dict[str, Entry] = {}
    pruned: tuple[str, ...] = ()
    for entry in tree.walk(path):
        inner = entry.path[len(base) + 1 :]
        if any(inner.startswith(prefix) for prefix in pruned):
            continue
        if entry.is_directory:
            if not selection.descends(inner):
                pruned = (*pruned, inner + "/")
            waiting[inner] = entry
        if selection.takes(inner, directory=entry.is_directory):
            for needed in _parents(inner):
                if needed in waiting:
                    yield needed, waiting.pop(needed)
            if entry.is_directory:
                waiting.pop(inner, None)
            yield inner, entry


def _parents(path: str) -> list[str]:
    names = path.split("/")[:-1]
    return ["/".join(names[: depth + 1]) for depth in range(len(names))]


def glob(tree: Tree, path: str, pattern: str) -> list[str]:
    """Return the relative paths below a directory that match, sorted; those of directories end with a slash."""
    patterns = Patterns([pattern])
    base = tree.real_path(path).rstrip("/")
    found = []
    for entry in tree.walk(path):
        inner = entry.path[len(base) + 1 :]
        if patterns.match_exactly(inner):
            found.append(inner + "/" if entry.is_directory else inner)
    return sorted(found)
