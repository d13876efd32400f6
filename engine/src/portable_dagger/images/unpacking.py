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


class DigestReader:
    """Hashes what is read from a stream."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes."""
        data = self._source.read(size)
        self._hash.update(data)
        return data

    def drain(self) -> None:
        """Read what is left."""
        while self.read(_CHUNK):
            pass

    @property
    def digest(self) -> str:
        """The digest of what was read so far, `sha256:<hex>`."""
        return f"sha256:{self._hash.hexdigest()}"


def unpack(stream: IO[bytes], root: Path) -> str:
    """Unpack an uncompressed tar stream into an empty directory and return the stream's digest (its `diff_id`)."""
    reader = DigestReader(stream)
    layer = _Layer(root)
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", reader), mode="r|") as tar:
            for member in tar:
                layer.add(tar, member)
    except tarfile.TarError as error:
        raise ArchiveError(f"a layer is not a readable tar stream: {error}") from error
    layer.finish()
    reader.drain()
    return reader.digest


class _Layer:
    """A layer directory while it is filled."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: dict[str, Path] = {"": root}
        self._times: dict[Path, float] = {}
        self._whited_out: set[Path] = set()

    def add(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        """Write one entry."""
        parts = [part for part in member.name.split("/") if part not in {"", "."}]
        if ".." in parts:
            raise ArchiveError(f"a layer names a path outside itself: {member.name}")
        if not parts:
            self._root.chmod(stat.S_IMODE(member.mode))
            os.chown(self._root, member.uid, member.gid)
            return
        folder, name = self._folder(parts[:-1]), parts[-1]
        if name.startswith(WHITEOUT):
            self._white_out(folder, name)
            return
        path = folder / name
        if member.isdev() and not member.isfifo() and not linux.is_root_of_machine():
            return  # not a user namespace's to make; the nodes that programs need are mounted anyway
        self._clear(path, member)
        self._make(tar, member, path)
        if not member.islnk():
            self._dress(member, path)

    def finish(self) -> None:
        """Set the times of directories, which writing into them has changed."""
        for path, seconds in reversed(self._times.items()):
            if path.is_dir() and not path.is_symlink():
                os.utime(path, (seconds, seconds))

    def _folder(self, parts: list[str], links: int = 0) -> Path:
        """Return the directory of the layer that a path leads to; symbolic links are followed inside the layer."""
        key = "/".join(parts)
        known = self._folders.get(key)
        if known is not None:
            return known
        parent = self._folder(parts[:-1], links)
        path = parent / parts[-1]
        if path.is_symlink():
            if links >= _MAX_LINKS:
                raise ArchiveError(f"too many symbolic links in the layer's path {key}")
            link = os.readlink(path)  # noqa: PTH115  a Path would change the text
            return self._folder(self._target(parent, link), links + 1)
        if not path.exists():
            path.mkdir(mode=0o755)
        elif not path.is_dir():
            raise ArchiveError(f"the layer's path {key} goes through a file")
        self._folders[key] = path
        return path

    def _target(self, parent: Path, link: str) -> list[str]:
        base = [] if link.startswith("/") else list(parent.relative_to(self._root).parts)
        for part in link.split("/"):
            if part == "..":
                base = base[:-1]
            elif part not in {"", "."}:
                base.append(part)
        return base

    def _white_out(self, folder: Path, name: str) -> None:
        if name == OPAQUE:
            os.setxattr(folder, OPAQUE_ATTRIBUTE, b"y")
            return
        if name.startswith(_RESERVED):
            return
        path = folder / name.removeprefix(WHITEOUT)
        self._whited_out.add(path)
        if path.is_dir() and not path.is_symlink():
            os.setxattr(path, OPAQUE_ATTRIBUTE, b"y")
        elif not os.path.lexists(path):
            os.mknod(path, stat.S_IFCHR, os.makedev(0, 0))

    def _clear(self, path: Path, member: tarfile.TarInfo) -> None:
        """Remove what an earlier entry of the same name made, unless a directory meets a directory."""
        if not os.path.lexists(path):
            return
        if path.is_dir() and not path.is_symlink():
            if member.isdir():
                return
            shutil.rmtree(path)
            prefix = str(path)
            self._folders = {
                key: folder
                for key, folder in self._folders.items()
                if not f"{folder}/".startswith(f"{prefix}/")
            }
        else:
            path.unlink()

    def _make(self, tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
        if member.isdir():
            path.mkdir(exist_ok=True)
            if path in self._whited_out:
                os.setxattr(path, OPAQUE_ATTRIBUTE, b"y")
        elif member.isreg():
            source = tar.extractfile(member)
            with path.open("xb") as file:
                if source is not None:
                    shutil.copyfileobj(source, file, _CHUNK)
        elif member.issym():
            path.symlink_to(member.linkname)
        elif member.islnk():
            self._link(member, path)
        elif member.isfifo():
            os.mkfifo(path)
        elif member.isdev():
            kind = stat.S_IFCHR if member.ischr() else stat.S_IFBLK
            os.mknod(path, kind, os.makedev(member.devmajor, member.devminor))
        else:
            raise ArchiveError(f"a layer holds an entry of an unknown kind: {member.name}")

    def _link(self, member: tarfile.TarInfo, path: Path) -> None:
        parts = [part for part in member.linkname.split("/") if part not in {"", "."}]
        if not parts or ".." in parts:
            raise ArchiveError(f"a layer links to a path outside itself: {member.linkname}")
        target = self._folder(parts[:-1]) / parts[-1]
        if not os.path.lexists(target):
            raise ArchiveError(
                f"{member.name} is a hard link to {member.linkname}, which the layer lacks"
            )
        os.link(target, path, follow_symlinks=False)

    def _dress(self, member: tarfile.TarInfo, path: Path) -> None:
        """Set owner, mode, attributes and time."""
        os.chown(path, member.uid, member.gid, follow_symlinks=False)
        if not member.issym():
            path.chmod(stat.S_IMODE(member.mode))
        for name, value in member.pax_headers.items():
            if name.startswith(XATTR_HEADER) and not name.startswith(OVERLAY_HEADERS):
                data = value.encode("utf-8", "surrogateescape")
                os.setxattr(path, name.removeprefix(XATTR_HEADER), data, follow_symlinks=False)
        if member.isdir():
            self._times[path] = member.mtime
        else:
            os.utime(path, (member.mtime, member.mtime), follow_symlinks=False)
