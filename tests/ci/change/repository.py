"""Small git repositories that tests change."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TIME_LIMIT_SECONDS = 900
UNUSED = "import {name}\n"


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@shop.test", *words]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=Change")
    return git(folder, "rev-parse", "HEAD")


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / "shop" / name).write_text("".join(lines), encoding="utf-8")
