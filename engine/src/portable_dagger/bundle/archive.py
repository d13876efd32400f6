"""The tar file of an OCI layout, read in place: blobs by digest, without unpacking anything.

Names in the tar are only compared with those that a layout has, and sizes are those of the entries; nothing that the
file says becomes a path.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
from typing import TYPE_CHECKING, Final

from portable_dagger.bundle import layout
from portable_dagger.errors import BundleDamagedError, BundleError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from _typeshed import WriteableBuffer

SMALL: Final = 64 * 2**20
"""Bytes up to which a blob is read into memory."""

_BLOB: Final = re.compile(r"blobs/sha256/([0-9a-f]{64})")
_CHUNK: Final = 1 << 20
_HINT: Final = "get the file again"


class Archive:
    """An open file, until `close`.

    Raises BundleError if it is no tar of a layout, BundleDamagedError if it ends too early.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise BundleError(f"{path} cannot be read: {error.strerror}") from error
        self._places: dict[str, tuple[int, int]] = {}
        self._documents: dict[str, tuple[int, int]] = {}
        try:
            self._scan()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests that name the blobs of the file."""
        return tuple(self._places)

    def document(self, name: str) -> bytes | None:
        """Return a file of the layout that is no blob, or None if there is none."""
        place = self._documents.get(name)
        return None if place is None else self._read(name, place)

    def holds(self, digest: str) -> bool:
        """Whether there is a blob of that name."""
        return digest in self._places

    def size(self, digest: str) -> int:
        """Return a blob's size in bytes; BundleDamagedError if there is none."""
        return self._place(digest)[1]

    def blob(self, digest: str) -> bytes:
        """Return a small blob; BundleDamagedError if there is none, or it does not have that digest."""
        data = self._read(digest, self._place(digest))
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
            raise self._wrong(digest)
        return data

    def stream(self, digest: str) -> Section:
        """Return a reader of a blob, which does not check its digest; BundleDamagedError if there is none."""
        start, size = self._place(digest)
        return Section(self._file.fileno(), start, size)

    def check(self, digest: str) -> int:
        """Return the size of a blob that has the digest which names it; else BundleDamagedError."""
        total = hashlib.sha256()
        with self.stream(digest) as stream:
            while chunk := stream.read(_CHUNK):
                total.update(chunk)
        if f"sha256:{total.hexdigest()}" != digest:
            raise self._wrong(digest)
        return self.size(digest)

    def _place(self, digest: str) -> tuple[int, int]:
        try:
            return self._places[digest]
        except KeyError:
            raise BundleDamagedError(f"{self.path} lacks the blob {digest}", _HINT) from None

    def _read(self, name: str, place: tuple[int, int]) -> bytes:
        if place[1] > SMALL:
            raise BundleDamagedError(f"{name} of {self.path} has an absurd size", _HINT)
        return os.pread(self._file.fileno(), place[1], place[0])

    def _wrong(self, digest: str) -> BundleDamagedError:
        return BundleDamagedError(
            f"the blob {digest} of {self.path} does not have that digest", _HINT
        )

    def _scan(self) -> None:
        try:
            with tarfile.open(fileobj=self._file, mode="r:") as tar:
                for member in tar:
                    self._note(member)
        except tarfile.ReadError as error:
            if self._documents:
                raise BundleDamagedError(f"{self.path} is cut off: {error}", _HINT) from error
            raise self._no_bundle() from error
        except tarfile.TarError as error:
            raise BundleDamagedError(f"{self.path} is damaged: {error}", _HINT) from error
        if layout.INDEX_FILE not in self._documents:
            raise self._no_bundle()

    def _note(self, member: tarfile.TarInfo) -> None:
        """Remember where an entry's bytes are; what is no plain file of a layout does not matter."""
        blob = _BLOB.fullmatch(member.name)
        if member.type not in {tarfile.REGTYPE, tarfile.AREGTYPE}:
            return
        if blob is not None:
            known, name = self._places, f"sha256:{blob[1]}"
        elif member.name in layout.FILES:
            known, name = self._documents, member.name
        else:
            return
        if name in known:
            raise BundleDamagedError(f"{self.path} has {member.name} twice", _HINT)
        known[name] = (member.offset_data, member.size)

    def _no_bundle(self) -> BundleError:
        return BundleError(
            f"{self.path} is no bundle: it is no tar of an OCI layout",
            "a bundle is a file that `./dagger --capture FOLDER …` wrote; unpack it first if it came in a zip",
        )


class ArchiveReader:
    """What reads a file by way of its archive, which it has opened, to be used in a `with`."""

    _archive: Archive

    def __enter__(self) -> Self:
        """Return the reader itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._archive.close()


class Section(io.RawIOBase):
    """A part of a file, as a file; several can be read at once."""

    def __init__(self, descriptor: int, start: int, size: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be moved in."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a place; return it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill a buffer; return how many bytes came."""
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), max(0, self._size - self._at))
        count = os.preadv(self._descriptor, [view[:wanted]], self._start + self._at)
        self._at += count
        return count
