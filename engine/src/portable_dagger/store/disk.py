"""What goes wrong with disks, as errors that say what to do."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from typing import TYPE_CHECKING

from portable_dagger.errors import DiskFullError
from portable_dagger.store.sizes import format_size, space

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


WHAT_TO_DO = (
    "free some there, for instance by `./dagger prune --all`,"
    " or name a state directory on another one by PORTABLE_DAGGER_STATE"
)


def check_space(path: Path, floor: int) -> None:
    """Raise DiskFullError when the file system of `path` has less than `floor` bytes free."""
    here = space(path)
    if here.free < floor:
        raise DiskFullError(
            f"the file system of {path} is nearly full: {format_size(here.free)} of {format_size(here.total)} are"
            f" free, and a step may write only while there are {format_size(floor)}",
            f"{WHAT_TO_DO}; PORTABLE_DAGGER_DISK_FLOOR sets the limit",
        )


def check_room(path: Path, floor: int, wanted: int, what: str) -> None:
    """Raise DiskFullError when `what`, of `wanted` bytes, leaves the file system of `path` less than `floor` free."""
    here = space(path)
    if wanted > here.free - floor:
        raise DiskFullError(
            f"{what} wants {format_size(wanted)} on the file system of {path}, where {format_size(here.free)} are"
            f" free, of which {format_size(floor)} stay free",
            f"{WHAT_TO_DO}; PORTABLE_DAGGER_DISK_FLOOR sets what stays free",
        )


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full disk into DiskFullError, which names the file system and what to do."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        if getattr(error, "errno", None) in FULL or "disk is full" in str(error):
            raise DiskFullError(
                f"no space left on the file system of {path}{_figures(path)}",
                WHAT_TO_DO,
            ) from error
        raise


def _figures(path: Path) -> str:
    with contextlib.suppress(OSError):
        here = space(path)
        return f": {format_size(here.free)} of {format_size(here.total)} are free"
    return ""
