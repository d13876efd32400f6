"""JUnit reports among the files that a command wrote."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portable_dagger.ops.launch import Launch

SUFFIX: Final = ".xml"
LARGEST: Final = 64 * 2**20
HEAD: Final = 4096
"""Bytes at a file's start that say whether it is a report."""


def written_reports(prepared: Launch | None) -> list[tuple[str, bytes]]:
    """Return the JUnit reports among the files that a command wrote, by their paths in its container.

    None stands for a command that did not begin.
    """
    if prepared is None:
        return []
    return [
        (_shown(Path(target, path.relative_to(stage.root))), path.read_bytes())
        for target, stage in prepared.stages.items()
        for path in sorted(_written(stage.root))
    ]


def _shown(path: Path) -> str:
    return os.fsencode(path).decode(errors="replace")


def _written(upper: Path) -> Iterator[Path]:
    """Yield the JUnit reports among the files that a command wrote."""
    for path in upper.rglob(f"*{SUFFIX}"):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
            continue
        with path.open("rb") as file:
            if b"<testsuite" in file.read(HEAD):
                yield path
