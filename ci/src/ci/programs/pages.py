"""Markdown pages (CommonMark, with tables): what a page links to, its anchors, and its blocks of code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

_HELP: Final = re.compile(r"\s*<!--\s*help:\s*(.+?)\s*-->\s*")
_UNRESOLVED: Final = re.compile(r"\[[^\[\]]+\]\[([^\[\]]+)\]")
_PUNCTUATION: Final = re.compile(r"[^\w\- ]")
_BREAKS: Final = {"softbreak", "hardbreak"}
_ADDRESSES: Final = {"a": "href", "img": "src"}


@dataclass(frozen=True)
class Place:
    """A text of a page, such as a link's target, and its line, from 1."""

    text: str
    line: int


@dataclass(frozen=True)
class Block:
    """A fenced block of code.

    words: of its info string; the first one is the language. line: of the opening fence, from 1. last: the line of the
    closing one. help: the command of the marker before it. output: the block after it, if that is its output.
    """

    words: tuple[str, ...]
    text: str
    line: int
    last: int
    help: str = ""
    output: Place | None = None


@dataclass
class Page:
    """What matters of a page."""

    anchors: set[str] = field(default_factory=set)
    links: list[Place] = field(default_factory=list)
    unresolved: list[Place] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    lost: list[Place] = field(default_factory=list)
    """Markers of help that no block follows."""


class _Html(HTMLParser):
    """The links and anchors of HTML inside of Markdown."""

    def __init__(self, page: Page, line: int) -> None:
        super().__init__()
        self._page = page
        self._line = line

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name == "id" or (tag, name) == ("a", "name")):
                self._page.anchors.add(value)
            elif value and _ADDRESSES.get(tag) == name:
                self._page.links.append(Place(value, self._line + self.getpos()[0] - 1))


def read(text: str) -> Page:
    """Read a page."""
    page = Page()
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    slugs: dict[str, int] = {}
    for place, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "inline":
            if tokens[place - 1].type == "heading_open":
                page.anchors.add(_numbered(slug(_spoken(token.children or ())), slugs))
            _inline(token, line, page)
        elif token.type == "html_block":
            _Html(page, line).feed(token.content)
    page.blocks, page.lost = _blocks(tokens)
    return page


def slug(heading: str) -> str:
    """Return the anchor that GitHub gives a heading: small letters, without punctuation, hyphens for spaces."""
    return _PUNCTUATION.sub("", heading.strip().lower()).replace(" ", "-")


def _numbered(name: str, seen: dict[str, int]) -> str:
    """Return the anchor of a heading: the second one of its name ends in -1."""
    number = seen.get(name, 0)
    seen[name] = number + 1
    return f"{name}-{number}" if number else name


def _spoken(children: Sequence[Token]) -> str:
    return "".join(child.content for child in children if child.type in {"text", "code_inline"})


def _inline(token: Token, line: int, page: Page) -> None:
    text = ""
    for child in token.children or ():
        if child.type in _BREAKS:
            line += 1
            text += " "
        elif child.type == "link_open":
            page.links.append(Place(str(child.attrGet("href")), line))
        elif child.type == "image":
            page.links.append(Place(str(child.attrGet("src")), line))
        elif child.type == "html_inline":
            _Html(page, line).feed(child.content)
        text += child.content if child.type == "text" else "\0"
        for found in _UNRESOLVED.finditer(text):
            page.unresolved.append(Place(found[1], line))
            text = text[found.end() :]


def _blocks(tokens: Sequence[Token]) -> tuple[list[Block], list[Place]]:
    blocks, lost = [], []
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else None
        marker = _marker(before)
        if token.type == "fence" and token.map:
            after = tokens[place + 1] if place + 1 < len(tokens) else None
            first, end = token.map
            words = tuple(token.info.split())
            output = _output(words, after)
            blocks.append(Block(words, token.content, first + 1, end, marker, output))
        elif marker and before and before.map:
            lost.append(Place(marker, before.map[0] + 1))
    if tokens and (marker := _marker(tokens[-1])) and tokens[-1].map:
        lost.append(Place(marker, tokens[-1].map[0] + 1))
    return blocks, lost


def _marker(token: Token | None) -> str:
    """Return the command of a marker `<!-- help: COMMAND -->`, "" for any other token."""
    if token is None or token.type != "html_block":
        return ""
    found = _HELP.fullmatch(token.content)
    return found[1] if found else ""


def _output(words: tuple[str, ...], after: Token | None) -> Place | None:
    """Return the block that holds what a block that runs prints, if the next one does."""
    if "run" not in words[1:] or after is None or after.type != "fence" or not after.map:
        return None
    is_output = after.info.split() == ["text", "output"]
    return Place(after.content, after.map[0] + 1) if is_output else None


def files(pages: Sequence[str], paths: Sequence[str]) -> Iterator[str]:
    """Yield those of the pages that are one of the paths, or below one."""
    for page in pages:
        if any(path in {".", page} or page.startswith(f"{path.rstrip('/')}/") for path in paths):
            yield page
