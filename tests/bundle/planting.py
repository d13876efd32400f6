"""Writes a seed's files into a folder, and copies of them with an edit."""

from __future__ import annotations

import secrets
import subprocess
import time
from typing import TYPE_CHECKING, Final

from tests.bundle.seed import DEADLINE, NONCE, SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.bundle.seed import Altered, Seed

_LAPSE: Final = 20
"""Seconds from the planting of a seed to its deadline."""


def marks(seed: Seed) -> dict[str, str]:
    """Return what stands for the marks in a seed's texts from now on."""
    return {
        NONCE: secrets.token_hex(6),
        DEADLINE: str(int(time.time()) + _LAPSE),
        SECRET: seed.secret,
    }


def plant(seed: Seed, folder: Path, values: Mapping[str, str]) -> None:
    """Write a seed's files and links into a new folder, and run what prepares it."""
    _write(folder, seed.files, values)
    for path, target in seed.links.items():
        (folder / path).symlink_to(target)
    for command in seed.prepare:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)


def alter(seed: Seed, altered: Altered, folder: Path, values: Mapping[str, str]) -> None:
    """Write an altered copy of a seed into a new folder."""
    _write(folder, {**seed.files, **altered.files}, values)


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the marks replaced."""
    for mark, value in values.items():
        text = text.replace(mark, value)
    return text


def _write(folder: Path, files: Mapping[str, str | bytes], values: Mapping[str, str]) -> None:
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            file.write_text(filled(content, values))
