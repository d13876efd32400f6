"""Store layers packed into the tar streams that images are made of.

A layer directory has overlayfs' form; in a tar its whiteouts become `.wh.` files (OCI image specification v1.1,
layer.md). The stream is deterministic: names sorted, whole seconds, numeric owners only.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, cast

from portable_dagger.errors import ArchiveError
from portable_dagger.runtime import linux

if TYPE_CHECKING:
    from collections.abc import Iterator

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
OPAQUE_ATTRIBUTE = f"{linux.OVERLAY}opaque"
XATTR_HEADER = "SCHILY.xattr."
_OVERLAY_ATTRIBUTES = linux.OVERLAY
_TYPES = {
    stat.S_IFDIR: tarfile.DIRTYPE,
    stat.S_IFREG: tarfile.REGTYPE,
    stat.S_IFLNK: tarfile.SYMTYPE,
    stat.S_IFCHR: tarfile.CHRTYPE,
    stat.S_IFBLK: tarfile.BLKTYPE,
    stat.S_IFIFO: tarfile.FIFOTYPE,
}


class Writer(Protocol):
    """Anything that takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Take some bytes."""
        ...


class Change(Protocol):
    """What changes entries on their way into a stream; lengths stay."""

    def text(self, name: str, text: bytes) -> bytes:
        """Return what stands for a name, a link's target or an attribute of the entry `name`."""
        ...

    def content(self, name: str, file: IO[bytes]) -> IO[bytes]:
        """Return what is read in place of the file `name`."""
        ...


class DigestWriter:
    """Counts and hashes what is written, and passes it on."""

    def __init__(self, target: Writer | None = None) -> None:
        self._target = target
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        self._hash.update(data)
        self.size += len(data)
        if self._target is not None:
            self._target.write(data)
        return len(data)

    @property
    def digest(self) -> str:
        """The digest of what was written so far, `sha256:<hex>`."""
        return f"sha256:{self._hash.hexdigest()}"


def layer_digest(layer: Path) -> str:
    """Return the digest of a layer directory's tar stream: its `diff_id` when it goes into an image."""
    writer = DigestWriter()
    pack(layer, writer)
    return writer.digest


def pack(layer: Path, output: Writer, change: Change | None = None) -> None:
    """Write a layer directory as an uncompressed tar stream."""
    with packing(output, change) as packer:
        for path, name in _walk(layer, ""):
            packer.add(path, name)


@contextmanager
def packing(output: Writer, change: Change | None = None) -> Iterator[Packer]:
    """Begin an uncompressed tar stream, which ends with the block."""
    # tarfile's mode "w|" needs no more of a file than that it can be written to.
    with tarfile.open(
        fileobj=cast("IO[bytes]", output), mode="w|", format=tarfile.PAX_FORMAT
    ) as tar:
        yield Packer(tar, change)


class Packer:
    """Writes entries of a layer; the caller sees to their order."""

    def __init__(self, tar: tarfile.TarFile, change: Change | None) -> None:
        self._tar = tar
        self._change = change
        self._links: dict[tuple[int, int], str] = {}

    def add(self, path: Path, name: str, *, merged: bool = False) -> None:
        """Write what lies at a path; of a view of several layers (`merged`) no directory hides what is below."""
        status = path.lstat()
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFSOCK:
            return  # a socket means nothing outside the process that made it; tar has no form for it
        if kind not in _TYPES:
            raise ArchiveError(
                f"{name} is of a kind that an image cannot hold", hint="remove it first"
            )
        if is_whiteout(status):
            folder, _, base = name.rpartition("/")
            self.mark(f"{folder}/{WHITEOUT}{base}" if folder else f"{WHITEOUT}{base}")
            return
        attributes = _attributes(path)
        info = self._entry(path, name, status, attributes)
        if info.isreg():
            info.size = status.st_size
            with path.open("rb") as file:
                self._put(info, file)
        else:
            self._put(info)
        if attributes.get(OPAQUE_ATTRIBUTE) == b"y" and not merged:
            self.mark(f"{name}/{OPAQUE}")

    def add_folder(self, name: str, mode: int = 0o755, owner: tuple[int, int] = (0, 0)) -> None:
        """Write a directory."""
        info = tarfile.TarInfo(name)
        info.type, info.mode = tarfile.DIRTYPE, mode
        info.uid, info.gid = owner
        self._put(info)

    def mark(self, name: str) -> None:
        """Write an empty file, whose name says what is gone."""
        self._put(tarfile.TarInfo(name))

    def _entry(
        self, path: Path, name: str, status: os.stat_result, attributes: dict[str, bytes]
    ) -> tarfile.TarInfo:
        kind = stat.S_IFMT(status.st_mode)
        info = tarfile.TarInfo(name)
        info.type = _TYPES[kind]
        info.mode = stat.S_IMODE(status.st_mode)
        info.uid, info.gid, info.mtime = status.st_uid, status.st_gid, int(status.st_mtime)
        info.pax_headers = {
            f"{XATTR_HEADER}{key}": self._text(name, value.decode("utf-8", "surrogateescape"))
            for key, value in attributes.items()
            if not key.startswith(_OVERLAY_ATTRIBUTES)
        }
        if kind == stat.S_IFREG and status.st_nlink > 1:
            first = self._links.setdefault((status.st_dev, status.st_ino), name)
            if first != name:
                info.type, info.linkname = tarfile.LNKTYPE, first
        if kind == stat.S_IFLNK:
            info.linkname = os.readlink(path)  # noqa: PTH115  a Path would change the text
        if kind in {stat.S_IFCHR, stat.S_IFBLK}:
            info.devmajor, info.devminor = os.major(status.st_rdev), os.minor(status.st_rdev)
        return info

    def _put(self, info: tarfile.TarInfo, file: IO[bytes] | None = None) -> None:
        if self._change is not None:
            name = info.name
            info.name, info.linkname = self._text(name, name), self._text(name, info.linkname)
            file = file and self._change.content(info.name, file)
        self._tar.addfile(info, file)

    def _text(self, name: str, text: str) -> str:
        if self._change is None:
            return text
        changed = self._change.text(name, text.encode("utf-8", "surrogateescape"))
        return changed.decode("utf-8", "surrogateescape")


def _walk(folder: Path, prefix: str) -> Iterator[tuple[Path, str]]:
    for entry in sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name)):
        name = f"{prefix}{entry.name}"
        yield Path(entry.path), name
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), f"{name}/")


def is_whiteout(status: os.stat_result) -> bool:
    """Whether an entry of a layer directory says that the name below it is gone."""
    return stat.S_ISCHR(status.st_mode) and status.st_rdev == 0


def _attributes(path: Path) -> dict[str, bytes]:
    return {
        key: os.getxattr(path, key, follow_symlinks=False)
        for key in sorted(os.listxattr(path, follow_symlinks=False))
    }
