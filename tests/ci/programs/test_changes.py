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


def renamed(before: Path, after: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    assert main(["--renamed", str(before), str(after)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["changed"]
    found = document["renamed"]
    assert isinstance(found, dict)
    return found


def test_a_file_whose_lines_are_mostly_the_same_was_renamed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = folder(tmp_path / "before")
    after = folder(tmp_path / "after")
    lines = [f"line {number}\n" for number in range(10)]
    (before / "old.py").write_text("".join(lines))
    (before / "other.py").write_text("something\nelse\n")
    (before / "gone.txt").write_text("".join(lines))
    (after / "shop" / "new.py").write_text("".join([*lines[:7], "edited\n"]))
    (after / "alike.py").write_text("".join(lines[:4]))

    assert renamed(before, after, capsys) == {"old.py": "shop/new.py"}


def test_the_same_name_in_another_folder_comes_first_and_each_file_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = folder(tmp_path / "before")
    after = folder(tmp_path / "after")
    (before / "one.py").write_text("the same\n")
    (after / "a.py").write_text("the same\n")
    (after / "moved").mkdir()
    (after / "moved" / "one.py").write_text("the same\n")

    assert renamed(before, after, capsys) == {"one.py": "moved/one.py"}


def test_what_stays_and_links_and_empty_files_were_not_renamed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = folder(tmp_path / "before")
    after = folder(tmp_path / "after")
    (before / "empty.py").write_text("")
    (after / "nothing.py").write_text("")
    (after / "shop" / "copy.py").write_text("shop/a.py")
    (before / "way").symlink_to("shop/a.py")

    assert renamed(before, after, capsys) == {}
