"""Directories of a store as compressed tars, and back: a layer, or a cache volume.

A folder that an older cache file has is taken from there as it is: layers never change.
"""

from __future__ import annotations

import os
import stat
from typing import IO, TYPE_CHECKING, Final, cast

from portable_dagger.cache_file.document import Folder
from portable_dagger.errors import ArchiveError, CacheFileError
from portable_dagger.images.compression import QUICK, Compression, unzstd, writing
from portable_dagger.images.packing import DigestWriter, is_whiteout, pack
from portable_dagger.images.unpacking import unpack
from portable_dagger.store.disk import check_space, disk_errors
from portable_dagger.store.sizes import format_size
from portable_dagger.store.store import file_digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from portable_dagger.cache_file.reading import Reader
    from portable_dagger.store.store import Stage

_HINT: Final = "the file is damaged, or no engine wrote it: save the cache again"


def packed(path: Path, target: Path, check: Callable[[], None]) -> Folder:
    """Write a directory's content to a new file. Raises ArchiveError for what cannot be packed, or as `check` does."""
    status = path.stat()
    with writing(target, Compression.ZSTD, QUICK) as output:
        stream = DigestWriter(_Checked(output, check))
        pack(path, stream)
    return Folder(
        diff_id=stream.digest,
        blob=f"sha256:{file_digest(target)}",
        size=target.stat().st_size,
        unpacked=stream.size,
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
    )


def unpacked(reader: Reader, folder: Folder, stage: Stage, check: Callable[[], None]) -> None:
    """Fill a stage with a directory's content. Raises CacheFileError if it is not what the file says it is.

    It ends as soon as there is more of it than the file says, and by DiskFullError where it takes more of the disk
    than its stream is long, as many small directories do, and the disk comes to its floor.
    """
    try:
        with (
            disk_errors(stage.root),
            unzstd(cast("IO[bytes]", _Source(reader.stream(folder.blob), check))) as stream,
        ):
            bounded = cast("IO[bytes]", _Bounded(stream, folder.unpacked, reader.path, stage))
            found = unpack(bounded, stage.root, devices=False, sparse=False)
            os.chown(stage.root, folder.uid, folder.gid)
            stage.root.chmod(stat.S_IMODE(folder.mode))
    except (OSError, OverflowError, RecursionError, ValueError) as error:
        raise CacheFileError(f"{reader.path} cannot be unpacked: {error}", _HINT) from error
    except ArchiveError as error:
        raise CacheFileError(f"{reader.path} cannot be unpacked: {error.message}", _HINT) from error
    if found != folder.diff_id:
        raise CacheFileError(
            f"a folder of {reader.path} has the digest {found}, and not {folder.diff_id}", _HINT
        )


def has_devices(path: Path) -> bool:
    """Whether there is a device node, other than those by which a layer says that something is gone."""
    folders = [os.fspath(path)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif not (entry.is_file(follow_symlinks=False) or entry.is_symlink()):
                    found = entry.stat(follow_symlinks=False)
                    device = stat.S_ISCHR(found.st_mode) or stat.S_ISBLK(found.st_mode)
                    if device and not is_whiteout(found):
                        return True
    return False


class _Checked:
    """Passes bytes on, and asks now and then whether to go on."""

    def __init__(self, target: IO[bytes], check: Callable[[], None]) -> None:
        self._target = target
        self._check = check

    def write(self, data: bytes) -> object:
        """Take some bytes."""
        self._check()
        return self._target.write(data)


class _Bounded:
    """Reads a stream that fills a stage, and ends by an error where it goes on for longer than it may."""

    def __init__(self, source: IO[bytes], largest: int, path: Path, stage: Stage) -> None:
        self._source = source
        self._largest = largest
        self._path = path
        self._stage = stage
        self._size = 0

    def read(self, size: int = -1) -> bytes:
        """Read some bytes. Raises CacheFileError for one too many, or DiskFullError."""
        data = self._source.read(size)
        self._size += len(data)
        if self._size > self._largest:
            raise CacheFileError(
                f"a folder of {self._path} unpacks to more than the {format_size(self._largest)} that the file says",
                _HINT,
            )
        check_space(self._stage.root, self._stage.store.floor)
        return data


class _Source:
    """Reads a stream, and asks now and then whether to go on."""

    def __init__(self, source: IO[bytes], check: Callable[[], None]) -> None:
        self._source = source
        self._check = check

    def read(self, size: int = -1) -> bytes:
        """Read some bytes."""
        self._check()
        return self._source.read(size)
