"""Packs a folder into an image layer, the same bytes for the same files on any machine.

    python -m ci.programs.pack --root FOLDER --output FOLDER [--prefix /opt/x] [--plain] [--without PATTERN]...

Writes layer.tar.gz and layer.json: digest and diff_id (sha256, OCI image specification v1.1, config.md), size and
unpacked (bytes). Entries are sorted, times are one constant, names of owners are left out, and the compression is that
of a library that comes by version and hash, since the zlib of two systems may differ.
"""

from __future__ import annotations

import argparse
import fnmatch
import hashlib
import json
import os
import re
import stat
import sys
import tarfile
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, cast

import deflate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

EPOCH: Final = 315532800
"""The time of every file, 1980-01-01T00:00:00Z: the first that ZIP files, and so wheels, can say.

Not the commit's: a commit that does not touch a layer's files does not make it a new one.
"""
LAYER: Final = "layer.tar.gz"
DESCRIPTION: Final = "layer.json"

_CHUNK: Final = 8 * 1024 * 1024
_LEVEL: Final = 6
_SPECIAL: Final = stat.S_ISUID | stat.S_ISGID


@dataclass(frozen=True, slots=True)
class Packed:
    """What is known of a layer; sizes in bytes."""

    digest: str
    diff_id: str
    size: int
    unpacked: int


class Compressed:
    """A file that compresses what is written, in chunks side by side: each a gzip member (RFC 1952, 2.2)."""

    def __init__(self, target: BinaryIO, pool: ThreadPoolExecutor, workers: int) -> None:
        self.content = hashlib.sha256()
        self.packed = hashlib.sha256()
        self.size = 0
        self._target = target
        self._pool = pool
        self._limit = workers + 1
        self._buffer = bytearray()
        self._waiting: list[Future[bytes]] = []

    def write(self, data: bytes) -> int:
        """Take data; what fills a chunk is compressed."""
        self.content.update(data)
        self._buffer += data
        while len(self._buffer) >= _CHUNK:
            self._submit(bytes(self._buffer[:_CHUNK]))
            del self._buffer[:_CHUNK]
        return len(data)

    def finish(self) -> None:
        """Compress the rest, and write all that is still under way."""
        if self._buffer:
            self._submit(bytes(self._buffer))
        while self._waiting:
            self._collect()

    def _submit(self, chunk: bytes) -> None:
        self._waiting.append(self._pool.submit(_compress, chunk))
        if len(self._waiting) > self._limit:
            self._collect()

    def _collect(self) -> None:
        data = self._waiting.pop(0).result()
        self.packed.update(data)
        self.size += len(data)
        self._target.write(data)


def _compress(chunk: bytes) -> bytes:
    return bytes(deflate.gzip_compress(chunk, _LEVEL))


def pack(
    root: Path, output: Path, *, prefix: str = "/", plain: bool = False, without: Sequence[str] = ()
) -> Packed:
    """Pack the content of `root` as the folder `prefix` of a file system; return what became of it.

    plain: every file belongs to root, and its mode says only if it can be executed: what a checkout's umask left does
    not count. Otherwise owners and modes are kept, but for the bits that give a program its owner's rights.
    without: patterns of paths below `root` that are left out, with all that is below them.
    """
    unpacked = 0
    workers = os.cpu_count() or 1
    with (output / LAYER).open("wb") as target, ThreadPoolExecutor(workers) as pool:
        compressed = Compressed(target, pool, workers)
        with tarfile.open(
            fileobj=cast("BinaryIO", compressed), mode="w|", format=tarfile.PAX_FORMAT
        ) as archive:
            for entry, path in entries(root, prefix, plain=plain, without=without):
                if path is not None and entry.isreg():
                    unpacked += entry.size
                    with path.open("rb") as content:
                        archive.addfile(entry, content)
                else:
                    archive.addfile(entry)
        compressed.finish()
    return Packed(
        f"sha256:{compressed.packed.hexdigest()}",
        f"sha256:{compressed.content.hexdigest()}",
        compressed.size,
        unpacked,
    )


def entries(
    root: Path, prefix: str, *, plain: bool, without: Sequence[str]
) -> Iterator[tuple[tarfile.TarInfo, Path | None]]:
    """Give a layer's entries in their order, each with the file that it comes from; parents of `prefix` have none."""
    base = PurePosixPath(prefix.strip("/"))
    for parent in [*reversed(base.parents), base]:
        if parent.name:
            yield _folder(str(parent)), None
    left_out = re.compile("|".join(fnmatch.translate(pattern) for pattern in without) or r"\Z\A.")
    linked: dict[tuple[int, int], str] = {}
    for relative in _walk(root, left_out):
        path = root / relative
        status = path.lstat()
        entry = _entry(str(base / relative), path, status, plain=plain)
        if entry is None:
            continue
        if entry.isreg() and status.st_nlink > 1:
            first = linked.setdefault((status.st_dev, status.st_ino), entry.name)
            if first != entry.name:
                entry.type, entry.linkname, entry.size = tarfile.LNKTYPE, first, 0
        yield entry, path


def _walk(root: Path, left_out: re.Pattern[str], below: str = "") -> Iterator[str]:
    """Give the paths below a folder, each folder before what is in it, names by their bytes."""
    with os.scandir(root / below) as found:
        names = sorted(found, key=lambda item: os.fsencode(item.name))
    for item in names:
        relative = f"{below}{item.name}"
        if left_out.match(relative):
            continue
        yield relative
        if item.is_dir(follow_symlinks=False):
            yield from _walk(root, left_out, f"{relative}/")


def _entry(name: str, path: Path, status: os.stat_result, *, plain: bool) -> tarfile.TarInfo | None:
    """Return the entry of a file, None for what no image holds: devices, pipes and sockets."""
    entry = tarfile.TarInfo(name)
    entry.mtime = EPOCH
    mode = stat.S_IMODE(status.st_mode)
    if not plain:
        entry.uid, entry.gid = status.st_uid, status.st_gid
    if stat.S_ISDIR(status.st_mode):
        entry.type = tarfile.DIRTYPE
        entry.mode = 0o755 if plain else mode
    elif stat.S_ISLNK(status.st_mode):
        entry.type, entry.mode = tarfile.SYMTYPE, 0o777
        entry.linkname = str(path.readlink())
    elif stat.S_ISREG(status.st_mode):
        entry.size = status.st_size
        entry.mode = (0o755 if mode & stat.S_IXUSR else 0o644) if plain else mode & ~_SPECIAL
    else:
        return None
    return entry


def _folder(name: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, 0o755, EPOCH
    return entry


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m ci.programs.pack", description=__doc__)
    parser.add_argument("--root", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--prefix", default="/")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--without", action="append", default=[], metavar="PATTERN")
    given = parser.parse_args(arguments)
    given.output.mkdir(parents=True, exist_ok=True)
    packed = pack(
        given.root, given.output, prefix=given.prefix, plain=given.plain, without=given.without
    )
    (given.output / DESCRIPTION).write_text(json.dumps(asdict(packed)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
