"""Says which files of a folder are not as in another one: `python -m ci.programs.changes BEFORE AFTER`.

Prints a JSON list of paths, sorted: files that were added, changed or removed. As git has it, a file is its content and
whether it can be executed, or a link's target; empty folders, times, owners and other modes do not count.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def changes(before: Path, after: Path) -> list[str]:
    """Return the paths of the files that differ."""
    old, new = files(before), files(after)
    return sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))


def files(top: Path) -> dict[str, tuple[str, str]]:
    """Return what counts of each file and link below a folder, by its path."""
    found = {}
    for folder, folders, names in os.walk(top):
        # A link to a folder is listed as one.
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for path in (Path(folder) / name for name in (*names, *links)):
            found[str(path.relative_to(top))] = _facts(path)
    return found


def _facts(path: Path) -> tuple[str, str]:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return ("link", str(path.readlink()))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return ("program" if mode & stat.S_IXUSR else "file", digest)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m ci.programs.changes", description=__doc__)
    for name in ("before", "after"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args(arguments)
    print(json.dumps(changes(given.before, given.after)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
