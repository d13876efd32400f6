"""Files of bbolt, which Trivy's vulnerability database is one of: read as far as counting needs it.

Pages have one size. Of the two meta pages, the newer sound one leads to the root bucket. Buckets are trees of branch
and leaf pages; small ones lie in their parent's leaf (go.etcd.io/bbolt, internal/common: meta.go, page.go, bucket.go).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ci.programs.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    Content = bytes | memoryview

_PAGE: Final = struct.Struct("<QHHI")
_META: Final = struct.Struct("<IIIIQQQQQ")
_SUM: Final = struct.Struct("<Q")
_BUCKET: Final = struct.Struct("<QQ")
_BRANCH: Final = struct.Struct("<IIQ")
_LEAF: Final = struct.Struct("<IIII")
_MAGIC: Final = 0xED0CDAED
_VERSION: Final = 2
_IS_BRANCH: Final = 0x01
_IS_LEAF: Final = 0x02
_IS_BUCKET: Final = 0x01
_PAGE_SIZES: Final = tuple(2**power for power in range(9, 17))


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket: the file, the size of its pages, and where the bucket's first page begins."""

    content: Content
    page_size: int
    start: int

    def buckets(self) -> dict[str, Bucket]:
        """Return the buckets in this one by their names."""
        found = {}
        for page, count in self._leaves():
            for place in range(count):
                element = page + _PAGE.size + place * _LEAF.size
                flags, offset, key, _ = _LEAF.unpack_from(self.content, element)
                if flags & _IS_BUCKET:
                    name = bytes(self.content[element + offset : element + offset + key])
                    found[name.decode(errors="replace")] = self._bucket(element + offset + key)
        return found

    def size(self) -> int:
        """Return the number of keys in this bucket."""
        return sum(count for _, count in self._leaves())

    def _bucket(self, header: int) -> Bucket:
        root, _ = _BUCKET.unpack_from(self.content, header)
        # One without a page of its own lies right behind its header.
        start = root * self.page_size if root else header + _BUCKET.size
        return Bucket(self.content, self.page_size, start)

    def _leaves(self) -> Iterator[tuple[int, int]]:
        """Yield where each leaf page begins, and the number of its elements."""
        waiting = [self.start]
        # In a sound file no page is met twice.
        left = len(self.content) // self.page_size + 1
        while waiting:
            page = waiting.pop()
            left -= 1
            _, flags, count, _ = _PAGE.unpack_from(self.content, page)
            if flags & _IS_LEAF:
                yield page, count
            elif flags & _IS_BRANCH and left > 0:
                for place in range(count):
                    element = page + _PAGE.size + place * _BRANCH.size
                    waiting.append(_BRANCH.unpack_from(self.content, element)[2] * self.page_size)
            else:
                raise DatabaseError(f"the database is damaged at byte {page}")


def root(content: Content) -> Bucket:
    """Return the root bucket of a file. Raises DatabaseError if it is no file of bbolt."""
    metas = [meta for size in (0, *_PAGE_SIZES) if (meta := _meta(content, size))]
    if not metas:
        raise DatabaseError("it is no database of bbolt")
    _, size, page = max(metas)
    return Bucket(content, size, page * size)


def _meta(content: Content, start: int) -> tuple[int, int, int] | None:
    """Return transaction, size of pages and root of the meta page at a place, if a sound one is there."""
    begin = start + _PAGE.size
    if len(content) < begin + _META.size + _SUM.size:
        return None
    magic, version, size, _, page, _, _, _, transaction = _META.unpack_from(content, begin)
    (expected,) = _SUM.unpack_from(content, begin + _META.size)
    sound = (magic, version) == (_MAGIC, _VERSION) and size in _PAGE_SIZES
    if not sound or fnv(content[begin : begin + _META.size]) != expected:
        return None
    return transaction, size, page


def fnv(content: Content) -> int:
    """Return the FNV-1a hash of 64 bits."""
    value = 0xCBF29CE484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value
