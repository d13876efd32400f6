"""A program of stand-ins: leaves debugging symbols out of ELF files, as `strip` does, which slim images do not have.

    python3 strip.py FILE...

What a process maps lies before what it does not, in the file as in the table of sections, so both end after it: no
index of a section changes. A file that is not laid out so, or no 64-bit little-endian ELF file, stays as it is.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SEGMENT = struct.Struct("<IIQQQQQQ")
SECTION = struct.Struct("<IIQQQQIIQQ")
IDENTITY = b"\x7fELF\x02\x01"
PROGRAM, SHARED = 2, 3
"""Kinds of files that a process maps; those for a linker stay."""

MAPPED = 2
"""The flag of sections that a process maps."""

WITHOUT_BYTES = 8
"""The type of sections that have a length, and nothing in the file."""


def stripped(data: bytes) -> bytes:
    """Return an executable or shared library without the sections that no process maps."""
    if not data.startswith(IDENTITY):
        return data
    header = list(HEADER.unpack_from(data))
    kind, segments, sections = header[1], header[5], header[6]
    segment_count, size, count, names = header[10:]
    if kind not in {PROGRAM, SHARED} or size != SECTION.size or not names:
        return data
    table = [SECTION.unpack_from(data, sections + n * SECTION.size) for n in range(count)]
    kept = [section for n, section in enumerate(table) if n == 0 or section[2] & MAPPED]
    places = [(s[4], 0 if s[1] == WITHOUT_BYTES else s[5]) for s in kept]
    for n in range(segment_count):
        segment = SEGMENT.unpack_from(data, segments + n * SEGMENT.size)
        places.append((segment[2], segment[5]))
    end = max(start + length for start, length in places)
    if kept != table[: len(kept)] or any(section[4] < end for section in table[len(kept) :]):
        return data
    # The names of sections are one themselves; the table of sections stands behind it, at a multiple of eight.
    last = list(table[names])
    body = data[:end] + data[last[4] : last[4] + last[5]]
    body += bytes(-len(body) % 8)
    last[4] = end
    header[6], header[12], header[13] = len(body), len(kept) + 1, len(kept)
    packed = [SECTION.pack(*section) for section in (*kept, last)]
    return HEADER.pack(*header) + body[HEADER.size :] + b"".join(packed)


def main(paths: list[str]) -> None:
    """Replace files by stripped ones of the same mode; this process may be running some of them."""
    for path in map(Path, paths):
        data = path.read_bytes()
        less = stripped(data)
        if len(less) < len(data):
            beside = path.with_name(f"{path.name}.stripped")
            beside.write_bytes(less)
            beside.chmod(path.stat().st_mode)
            beside.replace(path)


if __name__ == "__main__":
    main(sys.argv[1:])
