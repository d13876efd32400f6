"""A copy of a shared library that covers fewer functions of the C library than it would, pure.

Format: elf(5), ELF for 64 bits, little-endian. A symbol that is set to "defined elsewhere" is passed over when programs
look for it, and found in the C library.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

MAGIC = b"\x7fELF\x02\x01"
DYNAMIC_SYMBOLS = 11  # SHT_DYNSYM
HEADER = struct.Struct("<16x2HI3QI6H")
SECTION = struct.Struct("<2I4Q2I2Q")
SYMBOL = struct.Struct("<IBBHQQ")


class Section(NamedTuple):
    """A section header (Elf64_Shdr)."""

    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int


def without(library: bytes, functions: Collection[str]) -> bytes:
    """Return the library with some functions as if it did not have them; ValueError if it is none."""
    changed = bytearray(library)
    for at, name in _defined(library):
        if name in functions:
            index, info, other, _, _, size = SYMBOL.unpack_from(library, at)
            SYMBOL.pack_into(changed, at, index, info, other, 0, 0, size)
    return bytes(changed)


def defined(library: bytes) -> set[str]:
    """Return the names of what a library has for others; ValueError if it is none."""
    return {name for _, name in _defined(library)}


def _defined(library: bytes) -> Iterator[tuple[int, str]]:
    """Yield where the symbols that are defined here lie, and their names."""
    sections = _sections(library)
    for section in sections:
        if section.kind != DYNAMIC_SYMBOLS:
            continue
        names = sections[section.link].offset
        for at in range(section.offset, section.offset + section.size, SYMBOL.size):
            index, _, _, place, _, _ = SYMBOL.unpack_from(library, at)
            if place:
                begin = names + index
                yield at, library[begin : library.index(0, begin)].decode()


def _sections(library: bytes) -> list[Section]:
    if not library.startswith(MAGIC):
        raise ValueError("this is no library of 64 bits, little-endian")
    *_, offset, _, _, _, _, size, count, _ = HEADER.unpack_from(library)
    return [Section(*SECTION.unpack_from(library, offset + n * size)) for n in range(count)]
