"""Search of file contents by pattern, as Directory.search and File.search answer it."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portable_dagger.errors import PatternError
from portable_dagger.store.filter import Filter, selected
from portable_dagger.store.pattern import Patterns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portable_dagger.store.tree import Entry, Tree

BINARY_PROBE = 8192
"""Bytes in which a NUL marks a file as binary; such files are not searched."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for: a regular expression, or a literal text, and in which files."""

    pattern: str
    literal: bool = False
    multiline: bool = False
    dotall: bool = False
    insensitive: bool = False
    skip_ignored: bool = False
    skip_hidden: bool = False
    files_only: bool = False
    limit: int | None = None
    paths: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()

    def compiled(self) -> re.Pattern[str]:
        """Return the regular expression; PatternError when it does not parse."""
        flags = re.MULTILINE
        flags |= re.DOTALL if self.dotall else re.NOFLAG
        flags |= re.IGNORECASE if self.insensitive else re.NOFLAG
        try:
            return re.compile(re.escape(self.pattern) if self.literal else self.pattern, flags)
        except re.error as error:
            raise PatternError(f"regex parse error: {self.pattern}: {error}") from error


@dataclass(frozen=True, slots=True)
class Found:
    """Matched lines: where they begin (bytes from the file's start), and each match in them (bytes in the lines)."""

    path: str
    line: int
    offset: int
    text: str
    matches: tuple[tuple[str, int, int], ...]


def search_tree(tree: Tree, path: str, search: Search) -> list[Found]:
    """Search the files below a directory."""
    found: list[Found] = []
    globs = Patterns(search.globs)
    select = Filter(gitignore=True) if search.skip_ignored else None
    for inner, entry in selected(tree, path, select):
        if not entry.is_file or not _wanted(inner, search, globs):
            continue
        for one in search_file(inner, entry, search):
            found.append(one)
            if search.limit is not None and len(found) >= search.limit:
                return found
    return found


def _wanted(path: str, search: Search, globs: Patterns) -> bool:
    if search.skip_hidden and any(part.startswith(".") for part in path.split("/")):
        return False
    tops = [posixpath.normpath(top.strip("/")) for top in search.paths]
    inside = any(top in {".", path} or path.startswith(top + "/") for top in tops)
    if tops and not inside:
        return False
    return not globs or globs.match(path) or globs.match(posixpath.basename(path))


def search_file(path: str, entry: Entry, search: Search) -> Iterator[Found]:
    """Search one file; with `files_only` only the first match counts."""
    data = entry.source.read_bytes()
    if b"\0" in data[:BINARY_PROBE]:
        return
    text = data.decode(errors="replace")
    pattern = search.compiled()
    pieces = [(0, 1, text)] if search.multiline else _lines(text)
    for start, number, piece in pieces:
        matches = [
            m
            for m in pattern.finditer(piece.rstrip("\n") if not search.multiline else piece)
            if m[0]
        ]
        if not matches:
            continue
        if search.multiline:
            yield from (_across(path, piece, match) for match in matches)
        else:
            offset = len(text[:start].encode())
            spans = tuple((m[0], _bytes(piece, m.start()), _bytes(piece, m.end())) for m in matches)
            yield Found(path, number, offset, piece, spans)
        if search.files_only:
            return


def _across(path: str, text: str, match: re.Match[str]) -> Found:
    """Return a match that may cross lines, with all of the lines that it touches."""
    first = text.rfind("\n", 0, match.start()) + 1
    last = text.find("\n", match.end())
    lines = text[first : len(text) if last < 0 else last + 1]
    span = (match[0], _bytes(text, match.start(), first), _bytes(text, match.end(), first))
    return Found(path, text.count("\n", 0, first) + 1, _bytes(text, first), lines, (span,))


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    at = 0
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        yield at, number, line
        at += len(line)


def _bytes(text: str, end: int, start: int = 0) -> int:
    return len(text[start:end].encode())
