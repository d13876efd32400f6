"""Says which files of a folder are not as in another one: `python -m ci.programs.changes [--renamed] BEFORE AFTER`.

Prints a JSON list of paths, sorted: files that were added, changed or removed. As git has it, a file is its content
and whether it can be executed, or a link's target; empty folders, times, owners and other modes do not count.

With --renamed it is {"changed": [PATH, ...], "renamed": {OLD: NEW}}: a file that went and one that came are one where
at least half of their lines are the same, as `git diff --find-renames` has it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import stat
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_LIKE: Final = 0.5
_LARGEST: Final = 1 << 20
"""Files above this size in bytes are not compared by their lines."""

_PAIRS: Final = 100_000
"""Where there are more pairs of files that may be one, they have to have the same name."""


def changes(before: Path, after: Path) -> list[str]:
    """Return the paths of the files that differ."""
    old, new = files(before), files(after)
    return sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))


def renamed(before: Path, after: Path, paths: list[str]) -> dict[str, str]:
    """Return the new paths of files that were renamed, out of the paths that differ; the likest pairs first."""
    gone = {path: lines for path in paths if (lines := _lines(before / path, after / path))}
    come = {path: lines for path in paths if (lines := _lines(after / path, before / path))}
    few = len(gone) * len(come) <= _PAIRS
    likenesses = sorted(
        (-_likeness(gone[old], come[new]), Path(old).name != Path(new).name, old, new)
        for old in gone
        for new in come
        if (Path(old).suffix == Path(new).suffix if few else Path(old).name == Path(new).name)
    )
    found: dict[str, str] = {}
    for likeness, _, old, new in likenesses:
        if -likeness >= _LIKE and old not in found and new not in found.values():
            found[old] = new
    return found


def _lines(path: Path, other: Path) -> Counter[bytes]:
    """Return how often a file has each line; nothing if the other one is there, too."""
    if path.is_symlink() or not path.is_file() or os.path.lexists(other):
        return Counter()
    content = path.read_bytes()
    return Counter(content.splitlines()) if len(content) <= _LARGEST else Counter()


def _likeness(one: Counter[bytes], other: Counter[bytes]) -> float:
    return 2 * (one & other).total() / (one.total() + other.total())


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
    parser.add_argument("--renamed", action="store_true")
    given = parser.parse_args(arguments)
    found = changes(given.before, given.after)
    moved = renamed(given.before, given.after, found) if given.renamed else {}
    print(json.dumps({"changed": found, "renamed": moved} if given.renamed else found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
