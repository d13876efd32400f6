from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from ci.outputs import Compared, differences

if TYPE_CHECKING:
    from pathlib import Path


def test_each_file_that_differs_is_named() -> None:
    found = differences({"same": "1", "a": "1", "b": "1"}, {"same": "1", "a": "2", "c": "1"})

    lines = ("a: 1 and 2", "b: only in the first one", "c: only in the second one")
    assert found == Compared(3, lines)


@pytest.mark.slow
def test_outputs_are_compared_by_content_alone(root: Path, tmp_path: Path) -> None:
    for name, text in (("one", "x"), ("other", "x"), ("third", "y")):
        (tmp_path / name / "below").mkdir(parents=True)
        (tmp_path / name / "below" / "file").write_text(text, encoding="utf-8")
    (tmp_path / "other" / "below" / "file").chmod(0o600)
    (tmp_path / "empty").mkdir()

    def compare(one: str, other: str) -> subprocess.CompletedProcess[str]:
        words = ("--silent", "call", f"--mod={root}", "compare", f"--one={one}", f"--other={other}")
        command = [str(root / "dagger"), *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    same, different, empty = (
        compare("one", "other"),
        compare("one", "third"),
        compare("empty", "empty"),
    )

    assert (same.returncode, same.stdout) == (0, "1 files, the same in both\n")
    assert different.returncode == 1
    assert "below/file: sha256:" in different.stderr
    assert empty.returncode == 1
    assert "both outputs are empty" in empty.stderr
