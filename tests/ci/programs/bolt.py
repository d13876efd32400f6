"""Writes files of bbolt, small ones in full and large ones as far as reading needs it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from ci.programs.bolt import fnv

if TYPE_CHECKING:
    from pathlib import Path

PAGE = 4096
LEAF = 2
BRANCH = 1
META = 4


def header(number: int, flags: int, count: int) -> bytes:
    return struct.pack("<QHHI", number, flags, count, 0)


def leaf(number: int, entries: dict[str, bytes], *, buckets: bool = False) -> bytes:
    """Return a leaf page; with `buckets` the values are such."""
    elements, data = b"", b""
    for place, (key, value) in enumerate(sorted(entries.items())):
        offset = 16 * (len(entries) - place) + len(data)
        elements += struct.pack("<IIII", int(buckets), offset, len(key), len(value))
        data += key.encode() + value
    return header(number, LEAF, len(entries)) + elements + data


def branch(number: int, pages: list[int]) -> bytes:
    """Return a branch page whose elements have no keys."""
    elements = b"".join(struct.pack("<IIQ", 0, 0, page) for page in pages)
    return header(number, BRANCH, len(pages)) + elements


def inline(entries: dict[str, bytes]) -> bytes:
    """Return a bucket that lies in its parent's leaf."""
    return struct.pack("<QQ", 0, 0) + leaf(0, entries)


def away(page: int) -> bytes:
    """Return a bucket that has a page of its own."""
    return struct.pack("<QQ", page, 0)


def meta(number: int, root: int, transaction: int) -> bytes:
    fields = struct.pack("<IIIIQQQQQ", 0xED0CDAED, 2, PAGE, 0, root, 0, 2, 9, transaction)
    return header(number, META, 0) + fields + struct.pack("<Q", fnv(fields))


def write(path: Path, pages: list[bytes], root: int = 2) -> None:
    """Write a file of two metas and `pages`, which are numbered from 2."""
    everything = [meta(0, root, 7), meta(1, root, 6), *pages]
    path.write_bytes(b"".join(page.ljust(PAGE, b"\0") for page in everything))


def database(path: Path, buckets: dict[str, dict[str, bytes]]) -> None:
    """Write a database whose buckets are small."""
    write(path, [leaf(2, {n: inline(entries) for n, entries in buckets.items()}, buckets=True)])
