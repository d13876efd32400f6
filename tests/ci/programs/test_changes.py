from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from ci.programs.changes import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def found(before: Path, after: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main([str(before), str(after)]) == 0
    paths = json.loads(capsys.readouterr().out)
    assert isinstance(paths, list)
    return paths


def folder(path: Path) -> Path:
    (path / "shop" / "data").mkdir(parents=True)
    for name in ("shop/a.py", "shop/b.py", "shop/data/c", "run"):
        (path / name).write_text(name)
    (path / "run").chmod(0o755)
    (path / "link").symlink_to("shop")
    return path


def test_equal_files_do_not_differ_whatever_their_modes_and_times(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = folder(tmp_path / "before")
    after = folder(tmp_path / "after")
    (after / "shop" / "a.py").chmod(0o600)
    (after / "run").chmod(0o700)
    (after / "empty").mkdir()

    assert found(before, after, capsys) == []


def test_what_was_added_changed_or_removed_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = folder(tmp_path / "before")
    after = folder(tmp_path / "after")
    (after / "shop" / "a.py").write_text("other")
    (after / "shop" / "b.py").chmod(0o755)
    shutil.rmtree(after / "shop" / "data")
    (after / "shop" / "new.py").write_text("")
    (after / "link").unlink()
    (after / "link").symlink_to("run")

    paths = ["link", "shop/a.py", "shop/b.py", "shop/data/c", "shop/new.py"]
    assert found(before, after, capsys) == paths
