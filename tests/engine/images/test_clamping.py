"""Times of files, of directories and of links are set back, but not forth."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from portable_dagger.images.clamping import clamp

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_newer_is_set_back(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "old").touch()
    (folder / "new").touch()
    (folder / "link").symlink_to("nowhere")
    os.utime(folder / "old", (500, 500))
    clamp(tmp_path, 1000)
    times = {path.name: path.lstat().st_mtime for path in (folder, *folder.iterdir())}
    assert times == {"folder": 1000, "old": 500, "new": 1000, "link": 1000}
