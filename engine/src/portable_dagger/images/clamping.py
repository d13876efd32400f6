"""Times that do not tell when something was built: what is newer than a fixed moment is set back to it.

Two builds of the same content then have the same digest (https://reproducible-builds.org/specs/source-date-epoch/).
"""

from __future__ import annotations

import os
from pathlib import Path

EPOCH = 1_686_355_200
"""The moment, in seconds since 1970: 2023-06-10, when Debian bookworm came out."""


def clamp(root: Path, epoch: int = EPOCH) -> None:
    """Set the modification time of everything below a directory to `epoch` where it is later."""
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.lstat().st_mtime > epoch:
                os.utime(path, (epoch, epoch), follow_symlinks=False)
