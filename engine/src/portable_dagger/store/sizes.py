"""Sizes and durations as people write them, and space on disks. Sizes are in bytes, durations in seconds."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portable_dagger.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

UNITS = ("", "K", "M", "G", "T")
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:([kKmMgGtT]?)(i?)[bB]?|(%))\s*")
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smhdw]?)\s*")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
BLOCK = 512
"""Bytes in which stat counts blocks, whatever the file system's own are."""


@dataclass(frozen=True, slots=True)
class Space:
    """A file system: its size, and what is free of it, in bytes."""

    total: int
    free: int


def space(path: Path) -> Space:
    """Return the space of the file system of a path, as its owner may use it."""
    found = os.statvfs(path)
    return Space(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)


def parse_size(text: str, whole: int = 0) -> int:
    """Read `512`, `10GB` (powers of 1000), `10GiB` or `10%` (of `whole`); QueryError for anything else."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise QueryError(f"{text!r} is no size", "write it as 500MB, 10GiB or 20%")
    number = float(match[1])
    if match[4]:
        return int(whole * number / 100)
    base = 1024 if match[3] else 1000
    return int(number * base ** UNITS.index(match[2].upper()))


def size_setting(environment: Mapping[str, str], name: str, default: str, whole: int) -> int:
    """Return the size that a setting says; QueryError names the setting when it says none."""
    text = environment.get(name) or default
    try:
        return parse_size(text, whole)
    except QueryError as error:
        raise QueryError(f"{name}: {error.message}", error.hint) from error


def parse_duration(text: str) -> float:
    """Read `90` (seconds), `30m`, `12h`, `7d` or `2w`; QueryError for anything else."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise QueryError(f"{text!r} is no duration", "write it as 30m, 12h, 7d or 2w")
    return float(match[1]) * _SECONDS[match[2]]


def format_size(size: float) -> str:
    """Return a size for people: `12 B`, `3.4 GB` (powers of 1000)."""
    for unit in UNITS:
        if size < 1000 or unit == UNITS[-1]:  # noqa: PLR2004  the step from unit to unit
            return f"{size:.0f} B" if not unit else f"{size:.1f} {unit}B"
        size /= 1000
    raise AssertionError  # the last unit takes everything


def size_of(path: Path, check: Callable[[], None] = lambda: None) -> int:
    """Return what a file or tree takes on disk; what has several names counts in parts.

    `check` is called for every file, and ends the reading by raising.

    What vanishes while it is being read, such as files of a cache volume in use, does not count.
    """
    total, pending = 0, []
    with contextlib.suppress(FileNotFoundError):
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode):
            return _taken(found)
        total, pending = found.st_blocks * BLOCK, [os.fspath(path)]
    while pending:
        with contextlib.suppress(FileNotFoundError), os.scandir(pending.pop()) as entries:
            for entry in entries:
                check()
                with contextlib.suppress(FileNotFoundError):
                    found = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                        total += found.st_blocks * BLOCK
                    else:
                        total += _taken(found)
    return total


def _taken(found: os.stat_result) -> int:
    return found.st_blocks * BLOCK // max(1, found.st_nlink)
