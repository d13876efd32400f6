"""The search fields of Directory and File, and the types SearchResult and SearchSubmatch."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from portable_dagger.api.attributes import attributes
from portable_dagger.api.directory import DIRECTORY, tree_of
from portable_dagger.api.file import FILE
from portable_dagger.api.registry import ObjectType
from portable_dagger.api.types import EMPTY
from portable_dagger.errors import NotFoundError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Directory, File, Value
from portable_dagger.store.search import Found, Search, search_file, search_tree

RESULT = ObjectType("SearchResult", "A line, or lines, where a search matched.")
SUBMATCH = ObjectType("SearchSubmatch", "One match within the lines of a result.")


@dataclass(frozen=True, slots=True)
class SearchSubmatch(Value):
    """A match: its text, and where it lies in the lines, in bytes."""

    api_type: ClassVar[str] = "SearchSubmatch"
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SearchResult(Value):
    """Matched lines of one file."""

    api_type: ClassVar[str] = "SearchResult"
    found: Found

    @property
    def submatches(self) -> list[SearchSubmatch]:
        """The matches."""
        return [SearchSubmatch(*match) for match in self.found.matches]


attributes(
    RESULT,
    absoluteOffset=(int, "The byte offset of the lines in the file.", "found.offset"),
    filePath=(str, "The path of the file.", "found.path"),
    lineNumber=(int, "The number of the first line.", "found.line"),
    matchedLines=(str, "The lines.", "found.text"),
    submatches=(list[SearchSubmatch], "The matches within the lines."),
)
attributes(
    SUBMATCH,
    text=(str, "The matched text."),
    start=(int, "Where it begins in the lines, in bytes."),
    end=(int, "Where it ends in the lines, in bytes."),
)


@DIRECTORY.field()
async def search(
    self: Directory,
    context: Context,
    *,
    paths: list[str] = EMPTY,
    globs: list[str] = EMPTY,
    pattern: str,
    literal: bool = False,
    multiline: bool = False,
    dotall: bool = False,
    insensitive: bool = False,
    skip_ignored: bool = False,
    skip_hidden: bool = False,
    files_only: bool = False,
    limit: int | None = None,
) -> list[SearchResult]:
    """Search the contents of files by a regular expression, or a literal text."""
    wanted = Search(
        pattern,
        literal,
        multiline,
        dotall,
        insensitive,
        skip_ignored,
        skip_hidden,
        files_only,
        limit,
        tuple(paths),
        tuple(globs),
    )
    tree = tree_of(context, self.root)
    found = await asyncio.to_thread(search_tree, tree, self.path, wanted)
    return [SearchResult(one) for one in found]


@FILE.field(name="search")
async def search_in_file(
    self: File,
    context: Context,
    *,
    pattern: str,
    literal: bool = False,
    multiline: bool = False,
    dotall: bool = False,
    insensitive: bool = False,
    skip_ignored: bool = False,
    skip_hidden: bool = False,
    files_only: bool = False,
    limit: int | None = None,
    paths: list[str] = EMPTY,
    globs: list[str] = EMPTY,
) -> list[SearchResult]:
    """Search the contents of the file by a regular expression, or a literal text."""
    wanted = Search(pattern, literal, multiline, dotall, insensitive, files_only=files_only)
    entry = await asyncio.to_thread(tree_of(context, self.root).lookup, self.path)
    if entry is None:
        raise NotFoundError(f"stat {self.path}: no such file or directory")
    found = await asyncio.to_thread(lambda: list(search_file(self.name, entry, wanted)))
    return [SearchResult(one) for one in found[: limit if limit is not None else None]]
