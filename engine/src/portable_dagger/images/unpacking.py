"""Layers of images unpacked into store layers, in the form that overlayfs wants.

Entries never leave the layer, whatever their names and links say. Whiteouts become character devices 0:0 and opaque
directories get their attribute (kernel documentation, overlayfs.rst).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tarfile
from typing import IO, TYPE_CHECKING, cast

from portable_dagger.errors import ArchiveError
from portable_dagger.images.packing import OPAQUE, OPAQUE_ATTRIBUTE, WHITEOUT, XATTR_HEADER
from portable_dagger.runtime import linux

if TYPE_CHECKING:
    from pathlib import Path

_RESERVED = ".wh..wh."
OVERLAY_HEADERS = (f"{XATTR_HEADER}trusted.overlay.", f"{XATTR_HEADER}user.overlay.")
"""An image must not tell overlayfs how to show its layers."""
_CHUNK = 1 << 20
_MAX_LINKS = 40
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class DigestReader:
    """Hashes what is read from a stream, and gives it to tarfile as a file in which one goes forward only."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self._chunk = b""
        self._at = 0
        self._before = 0
        """Bytes of the stream before the chunk."""

    def read(self, size: int) -> bytes:
        """Read up to `size` bytes; fewer only at the end."""
        end = self._at + size
        if end <= len(self._chunk):
            data = self._chunk[self._at : end]
            self._at = end
            return data
        pieces = []
        while size > 0 and (piece := self._some(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def tell(self) -> int:
        """Return how much of the stream was read."""
        return self._before + self._at

    def seek(self, position: int) -> None:
        """Skip what is before a position. Raises StreamError for one that was passed."""
        missing = position - self.tell()
        if missing < 0:
            raise tarfile.StreamError("seeking backwards is not allowed")
        while missing > 0 and (piece := self._some(missing)):
            missing -= len(piece)

    def copy(self, descriptor: int, size: int) -> None:
        """Write the next `size` bytes to a file; ArchiveError if the stream ends before."""
        while size > 0:
            piece = self._some(size)
            if not piece:
                raise ArchiveError("a layer is not a readable tar stream: unexpected end of data")
            size -= len(piece)
            while piece:
                piece = piece[os.write(descriptor, piece) :]

    def drain(self) -> None:
        """Read what is left."""
        while self._some(_CHUNK):
            pass

    def _some(self, size: int) -> memoryview:
        """Return the next bytes, some of `size`; none at the end."""
        if self._at == len(self._chunk):
            self._before += self._at
            self._chunk = self._source.read(_CHUNK)
            self._at = 0
            self._hash.update(self._chunk)
        piece = memoryview(self._chunk)[self._at : self._at + size]
        self._at += len(piece)
        return piece

    @property
    def digest(self) -> str:
        """The digest of what was read so far, up to the end of a chunk, `sha256:<hex>`."""
        return f"sha256:{self._hash.hexdigest()}"


def unpack(stream: IO[bytes], root: Path, *, devices: bool = True, sparse: bool = True) -> str:
    """Unpack an uncompressed tar stream into an empty directory and return the stream's digest (its `diff_id`).

    Without `devices`, a device node is an ArchiveError; without `sparse`, a sparse file, which may be larger than all
    of the stream.
    """
    reader = DigestReader(stream)
    layer = _Layer(str(root), reader, devices=devices, sparse=sparse)
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", reader), mode="r:") as tar:
            for member in tar:
                layer.add(tar, member)
    except tarfile.TarError as error:
        raise ArchiveError(f"a layer is not a readable tar stream: {error}") from error
    layer.finish()
    reader.drain()
    return reader.digest


class _Layer:
    """A layer directory while it is filled; paths are texts, since a Path for each entry would cost much time."""

    def __init__(self, root: str, reader: DigestReader, *, devices: bool, sparse: bool) -> None:
        self._root = root
        self._reader = reader
        self._devices = devices
        self._sparse = sparse
        self._folders: dict[str, str] = {"": root}
        self._times: dict[str, float] = {}
        self._whited_out: set[str] = set()

    def add(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        """Write one entry."""
        parts = [part for part in member.name.split("/") if part not in {"", "."}]
        if ".." in parts:
            raise ArchiveError(f"a layer names a path outside itself: {member.name}")
        if not parts:
            os.chmod(self._root, stat.S_IMODE(member.mode))
            os.chown(self._root, member.uid, member.gid)
            return
        folder, name = self._folder(parts[:-1]), parts[-1]
        if name.startswith(WHITEOUT):
            self._white_out(folder, name)
            return
        path = f"{folder}/{name}"
        if member.isdev() and not member.isfifo():
            if not self._devices:
                raise ArchiveError(f"a layer holds a device node: {member.name}")
            if not linux.is_root_of_machine():
                return  # not a user namespace's to make; the nodes that programs need are mounted anyway
        if member.issparse() and not self._sparse:
            raise ArchiveError(f"a layer holds a sparse file: {member.name}")
        try:
            self._make(tar, member, path)
        except FileExistsError:
            self._clear(path)
            self._make(tar, member, path)

    def finish(self) -> None:
        """Set the times of directories, which writing into them has changed."""
        for path, seconds in reversed(self._times.items()):
            if _is_folder(path):
                os.utime(path, (seconds, seconds))

    def _folder(self, parts: list[str], links: int = 0) -> str:
        """Return the directory of the layer that a path leads to; symbolic links are followed inside the layer."""
        key = "/".join(parts)
        known = self._folders.get(key)
        if known is not None:
            return known
        parent = self._folder(parts[:-1], links)
        path = f"{parent}/{parts[-1]}"
        if os.path.islink(path):
            if links >= _MAX_LINKS:
                raise ArchiveError(f"too many symbolic links in the layer's path {key}")
            return self._folder(self._target(parent, os.readlink(path)), links + 1)
        if not os.path.exists(path):
            os.mkdir(path, 0o755)
        elif not os.path.isdir(path):
            raise ArchiveError(f"the layer's path {key} goes through a file")
        self._folders[key] = path
        return path

    def _target(self, parent: str, link: str) -> list[str]:
        inner = parent[len(self._root) :]
        base = [] if link.startswith("/") else [part for part in inner.split("/") if part]
        for part in link.split("/"):
            if part == "..":
                base = base[:-1]
            elif part not in {"", "."}:
                base.append(part)
        return base

    def _white_out(self, folder: str, name: str) -> None:
        if name == OPAQUE:
            os.setxattr(folder, OPAQUE_ATTRIBUTE, b"y")
            return
        if name.startswith(_RESERVED):
            return
        path = f"{folder}/{name.removeprefix(WHITEOUT)}"
        self._whited_out.add(path)
        if _is_folder(path):
            os.setxattr(path, OPAQUE_ATTRIBUTE, b"y")
        elif not os.path.lexists(path):
            os.mknod(path, stat.S_IFCHR, os.makedev(0, 0))

    def _clear(self, path: str) -> None:
        """Remove what an earlier entry of the same name made."""
        if not _is_folder(path):
            os.unlink(path)
            return
        shutil.rmtree(path)
        self._folders = {
            key: folder
            for key, folder in self._folders.items()
            if not f"{folder}/".startswith(f"{path}/")
        }

    def _make(self, tar: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
        """Make an entry. Raises FileExistsError unless a directory meets a directory."""
        if member.isreg():
            self._make_file(tar, member, path)
            return
        if member.isdir():
            if not _is_folder(path):
                os.mkdir(path)
            if path in self._whited_out:
                os.setxattr(path, OPAQUE_ATTRIBUTE, b"y")
            self._times[path] = member.mtime
        elif member.issym():
            os.symlink(member.linkname, path)
        elif member.islnk():
            self._link(member, path)
            return
        elif member.isfifo():
            os.mkfifo(path)
        elif member.isdev():
            kind = stat.S_IFCHR if member.ischr() else stat.S_IFBLK
            os.mknod(path, kind, os.makedev(member.devmajor, member.devminor))
        else:
            raise ArchiveError(f"a layer holds an entry of an unknown kind: {member.name}")
        _dress(member, path)

    def _make_file(self, tar: tarfile.TarFile, member: tarfile.TarInfo, path: str) -> None:
        descriptor = os.open(path, _NEW, 0o600)
        try:
            source = tar.extractfile(member) if member.issparse() else None
            if source is None:
                self._reader.copy(descriptor, member.size)
            else:
                with open(descriptor, "wb", closefd=False) as file:
                    shutil.copyfileobj(source, file, _CHUNK)
            _dress(member, descriptor)
        finally:
            os.close(descriptor)

    def _link(self, member: tarfile.TarInfo, path: str) -> None:
        parts = [part for part in member.linkname.split("/") if part not in {"", "."}]
        if not parts or ".." in parts:
            raise ArchiveError(f"a layer links to a path outside itself: {member.linkname}")
        target = f"{self._folder(parts[:-1])}/{parts[-1]}"
        if not os.path.lexists(target):
            raise ArchiveError(
                f"{member.name} is a hard link to {member.linkname}, which the layer lacks"
            )
        os.link(target, path, follow_symlinks=False)


def _dress(member: tarfile.TarInfo, target: str | int) -> None:
    """Set owner, mode, attributes and time of a path, or of an open file."""
    follow = isinstance(target, int)
    os.chown(target, member.uid, member.gid, follow_symlinks=follow)
    if not member.issym():
        os.chmod(target, stat.S_IMODE(member.mode))
    for name, value in member.pax_headers.items():
        if name.startswith(XATTR_HEADER) and not name.startswith(OVERLAY_HEADERS):
            data = value.encode("utf-8", "surrogateescape")
            os.setxattr(target, name.removeprefix(XATTR_HEADER), data, follow_symlinks=follow)
    if not member.isdir():
        os.utime(target, (member.mtime, member.mtime), follow_symlinks=follow)


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
