"""Writes files of bbolt (see `ci.programs.bolt`): buckets in buckets, in one go."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeVar, Union

from ci.programs.bolt import fnv

if TYPE_CHECKING:
    from pathlib import Path

Tree = Mapping[str, Union[bytes, "Tree"]]
"""A bucket: values and further buckets by their keys."""

Entry = TypeVar("Entry")

_PAGE: Final = 4096
_PAGE_HEADER: Final = struct.Struct("<QHHI")
_META: Final = struct.Struct("<IIIIQQQQQ")
_SUM: Final = struct.Struct("<Q")
_BUCKET: Final = struct.Struct("<QQ")
_BRANCH: Final = struct.Struct("<IIQ")
_LEAF: Final = struct.Struct("<IIII")
_MAGIC: Final = 0xED0CDAED
_VERSION: Final = 2
_IS_BRANCH, _IS_LEAF, _IS_META, _IS_FREELIST = 0x01, 0x02, 0x04, 0x10
_IS_BUCKET: Final = 0x01
_METAS: Final = 2
_MOST: Final = 256
"""Elements of a page; one that is longer than a page takes those behind it, too."""


def write(path: Path, root: Tree) -> None:
    """Write a file with the buckets of `root`."""
    pages = _Pages()
    freelist = pages.add(_IS_FREELIST, 0, b"")
    top = _bucket(pages, root)
    content = b"".join(pages.content)
    metas = [_meta(number, top, freelist, pages.next) for number in range(_METAS)]
    path.write_bytes(b"".join(metas) + content)


class _Pages:
    """Pages as they are written one after another, behind the two meta pages."""

    def __init__(self) -> None:
        self.content: list[bytes] = []
        self.next = _METAS

    def add(self, flags: int, count: int, body: bytes) -> int:
        """Add a page with what follows its header, and return its number."""
        number = self.next
        length = -(-(_PAGE_HEADER.size + len(body)) // _PAGE)
        page = _PAGE_HEADER.pack(number, flags, count, length - 1) + body
        self.content.append(page.ljust(length * _PAGE, b"\0"))
        self.next += length
        return number


def _bucket(pages: _Pages, tree: Tree) -> int:
    """Write a bucket, and return the number of its first page."""
    entries = sorted((key.encode(), *_value(pages, value)) for key, value in tree.items())
    level = [
        (part[0][0] if part else b"", pages.add(_IS_LEAF, len(part), _leaf(part)))
        for part in _parts(entries)
    ]
    while len(level) > 1:
        level = [
            (part[0][0], pages.add(_IS_BRANCH, len(part), _branch(part))) for part in _parts(level)
        ]
    return level[0][1]


def _value(pages: _Pages, value: bytes | Tree) -> tuple[int, bytes]:
    """Return the flags and the bytes of a leaf's value."""
    if isinstance(value, bytes):
        return 0, value
    entries = sorted(
        (key.encode(), 0, each) for key, each in value.items() if isinstance(each, bytes)
    )
    if len(entries) == len(value) <= _MOST:
        # It lies in its parent's leaf, right behind its header.
        page = _PAGE_HEADER.pack(0, _IS_LEAF, len(entries), 0)
        return _IS_BUCKET, _BUCKET.pack(0, 0) + page + _leaf(entries)
    return _IS_BUCKET, _BUCKET.pack(_bucket(pages, value), 0)


def _leaf(entries: list[tuple[bytes, int, bytes]]) -> bytes:
    elements, data = b"", b""
    for place, (key, flags, value) in enumerate(entries):
        offset = _LEAF.size * (len(entries) - place) + len(data)
        elements += _LEAF.pack(flags, offset, len(key), len(value))
        data += key + value
    return elements + data


def _branch(entries: list[tuple[bytes, int]]) -> bytes:
    elements, data = b"", b""
    for place, (key, page) in enumerate(entries):
        offset = _BRANCH.size * (len(entries) - place) + len(data)
        elements += _BRANCH.pack(offset, len(key), page)
        data += key
    return elements + data


def _parts(entries: list[Entry]) -> list[list[Entry]]:
    """Return what the pages of a level hold; there is one of nothing, too."""
    return [entries[start : start + _MOST] for start in range(0, len(entries), _MOST)] or [[]]


def _meta(number: int, root: int, freelist: int, end: int) -> bytes:
    # The transaction's number says which of the two is the newer one.
    fields = _META.pack(_MAGIC, _VERSION, _PAGE, 0, root, 0, freelist, end, number)
    page = _PAGE_HEADER.pack(number, _IS_META, 0, 0) + fields + _SUM.pack(fnv(fields))
    return page.ljust(_PAGE, b"\0")
