"""What goes wrong with disks, as errors that say what to do."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from typing import TYPE_CHECKING

from portable_dagger.errors import DiskFullError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full disk into DiskFullError, which names the file system and what to do."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        if getattr(error, "errno", None) in FULL or "disk is full" in str(error):
            raise DiskFullError(
                f"no space left on the file system of {path}",
                "free some, or name another state directory by PORTABLE_DAGGER_STATE",
            ) from error
        raise
