"""The suite with --since for real: one that cannot begin has tested nothing of a change."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.ci.change.repository import TIME_LIMIT_SECONDS, commit, git, write

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SETTINGS = """
[tool.ci.test]
python = ["3.11"]
postgres = []
requirements = "lock.txt"
packages = ["shop"]
paths = ["shop"]
include = ["shop"]
coverage-threshold = 0
"""


def test_a_suite_that_could_not_begin_at_the_baseline_either_is_no_pass(
    root: Path, tmp_path: Path
) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    shutil.copy(root / "app" / "requirements" / "test.txt", tmp_path / "lock.txt")
    (tmp_path / "shop").mkdir()
    write(tmp_path, "test_old.py", "import no_such\n")
    commit(tmp_path)
    write(tmp_path, "test_new.py", "def test_new():\n    assert False\n")
    command = [str(root / "dagger"), "--silent", "call", f"--mod={root}", "pr", "--gate=test"]

    ran = subprocess.run(
        [*command, "--since=main", "--source=.", "--git=."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    )

    assert ran.returncode == 1, ran.stdout
    assert "1 of 1 gate is red: test" in ran.stderr
    assert "pytest ended with exit code 2" in ran.stderr
