from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from ci.programs.commit import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    command = ["git", "-C", str(folder), *who, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_commit_time_and_tags_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message=first")
    git(tmp_path, "tag", "v1.0.0")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message=second")
    git(tmp_path, "tag", "v1.1.0", "--annotate", "--message=release")
    git(tmp_path, "pack-refs", "--all")
    git(tmp_path, "gc", "--quiet")

    assert main([str(tmp_path)]) == 0

    assert json.loads(capsys.readouterr().out) == {
        "commit": git(tmp_path, "rev-parse", "HEAD"),
        "time": int(git(tmp_path, "log", "-1", "--format=%ct")),
        "tags": ["v1.1.0"],
        "versions": ["v1.0.0", "v1.1.0"],
    }
