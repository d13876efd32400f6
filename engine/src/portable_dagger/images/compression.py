"""Compressed streams of layers."""

from __future__ import annotations

import contextlib
import enum
import gzip
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, cast

from portable_dagger.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# The level of the Go tools; higher ones cost much time for few bytes.
_GZIP_LEVEL = 6
_CHUNK = 1 << 20
_ZSTD_OPTIONS = ["-c", "-q", "-T0"]
"""Threads change nothing of the bytes."""

SMALL = 6
"""The level of zstd that takes a tenth off what the default one leaves; higher ones take long."""

QUICK = 3
"""zstd's default level: a third of the time of SMALL."""


class Compression(enum.Enum):
    """How a layer is compressed; the value is the suffix of its media type."""

    GZIP = "gzip"
    ZSTD = "zstd"
    UNCOMPRESSED = ""


def compression_named(name: str) -> Compression:
    """Return the compression that Dagger's ImageLayerCompression names; ArchiveError for one we cannot write."""
    try:
        return Compression[name.upper()]
    except KeyError:
        raise ArchiveError(
            f"layers cannot be compressed as {name} by this engine",
            hint="use Gzip, Zstd or Uncompressed",
        ) from None


@contextmanager
def reading(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that may be compressed, for its uncompressed content; what it is tells its first bytes."""
    with path.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        if magic.startswith(_GZIP_MAGIC):
            with gzip.open(file) as stream:
                yield cast("IO[bytes]", stream)
        elif magic == _ZSTD_MAGIC:
            # The program reads the descriptor, whose position the buffered file does not always move back.
            os.lseek(file.fileno(), 0, os.SEEK_SET)
            with _zstd(["-dc"], stdin=file, stdout=subprocess.PIPE) as process:
                assert process.stdout is not None
                yield process.stdout
        else:
            yield file


@contextmanager
def unzstd(source: IO[bytes]) -> Iterator[IO[bytes]]:
    """Read a stream compressed by zstd, which need not be a file of its own, for its uncompressed content."""
    with (
        _zstd(["-dcq"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process,
        ThreadPoolExecutor(1, "zstd") as pool,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        feeding = pool.submit(_feed, source, process.stdin)
        try:
            yield process.stdout
        finally:
            # Whoever reads no further must not leave the other thread writing.
            process.stdout.close()
            feeding.result()


def _feed(source: IO[bytes], target: IO[bytes]) -> None:
    # A reader that had enough ends the program; its exit code says so if that was too early.
    with contextlib.suppress(BrokenPipeError), target:
        shutil.copyfileobj(source, target, _CHUNK)


@contextmanager
def writing(path: Path, compression: Compression, level: int = SMALL) -> Iterator[IO[bytes]]:
    """Open a new file whose content will be compressed, by zstd of a level; equal content gives equal bytes."""
    with path.open("xb") as file:
        if compression is Compression.GZIP:
            with gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as stream:
                yield cast("IO[bytes]", stream)
        elif compression is Compression.ZSTD:
            with _zstd(
                [*_ZSTD_OPTIONS, f"-{level}"], stdin=subprocess.PIPE, stdout=file
            ) as process:
                assert process.stdin is not None
                yield process.stdin
        else:
            yield file


@contextmanager
def _zstd(
    options: list[str], *, stdin: IO[bytes] | int, stdout: IO[bytes] | int
) -> Iterator[subprocess.Popen[bytes]]:
    program = shutil.which("zstd")
    if program is None:
        raise ArchiveError(
            "the layer is compressed by zstd, and there is no zstd program",
            hint="apt-get install zstd",
        )
    command = [program, *options]
    with subprocess.Popen(  # noqa: S603
        command, stdin=stdin, stdout=stdout, pipesize=_CHUNK
    ) as process:
        yield process
    if process.returncode != 0:
        raise ArchiveError(f"zstd ended with exit code {process.returncode}")
