"""Compressed files in what a bundle takes along: of one that holds a secret, only the whole can be overwritten."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAGIC: Final = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
_ZIP: Final = b"PK\x03\x04"
_BROKEN: Final = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
_PIECE: Final = 2**13
"""Bytes that are read at once: as many may be lost before a break."""

_PASSWORD: Final = (RuntimeError, NotImplementedError)
"""What zipfile raises for an encrypted entry, and for a method that it does not know."""


def contents(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Yield what is in a file that is compressed by gzip, bzip2 or xz, or is a zip; nothing of any other.

    The file has to be at its start. What is broken yields what comes before that.
    """
    head = file.read(8)
    file.seek(0)
    for magic, open_ in _MAGIC.items():
        if head.startswith(magic):
            with cast("Callable[[IO[bytes]], IO[bytes]]", open_)(file) as stream:
                yield stream
    if head.startswith(_ZIP):
        try:
            archive = zipfile.ZipFile(file)
        except _BROKEN:
            return
        with archive:
            for entry in archive.infolist():
                try:
                    with archive.open(entry) as stream:
                        yield stream
                except (*_BROKEN, *_PASSWORD):
                    continue


def any_holds(file: IO[bytes], found: Callable[[IO[bytes]], bool]) -> bool:
    """Whether `found` is true of something in a compressed file, which is at its start then again."""
    try:
        return any(found(cast("IO[bytes]", _UntilBroken(stream))) for stream in contents(file))
    finally:
        file.seek(0)


class _UntilBroken:
    """Reads a stream up to where it is broken."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        """Read `size` bytes; fewer only at the end, or the break."""
        pieces = []
        while size > 0:
            try:
                piece = self._stream.read(min(size, _PIECE))
            except _BROKEN:
                break
            if not piece:
                break
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)


class Blotted:
    """Reads a file as nothing but asterisks."""

    count = 1

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes."""
        taken = self._left if size < 0 else min(size, self._left)
        self._left -= taken
        return b"*" * taken
