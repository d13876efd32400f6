"""The merged view agrees with what overlayfs itself shows."""

from __future__ import annotations

import os
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import LinkLoopError, NotFoundError
from portable_dagger.store.tree import OPAQUE, Tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def layers(tmp_path: Path) -> list[Path]:
    bottom, middle, top = (tmp_path / name for name in ("bottom", "middle", "top"))
    for layer in (bottom, middle, top):
        layer.mkdir()
    (bottom / "dir/deep").mkdir(parents=True)
    (bottom / "dir/deep/file").write_text("low")
    (bottom / "dir/gone").write_text("low")
    (bottom / "opaque").mkdir()
    (bottom / "opaque/hidden").write_text("low")
    (bottom / "becomes-file").mkdir()
    (bottom / "link").symlink_to("/dir/deep")
    (bottom / "loop").symlink_to("loop")
    (bottom / "escape").symlink_to("../../../dir")
    (middle / "dir").mkdir()
    os.mknod(middle / "dir/gone", stat.S_IFCHR, os.makedev(0, 0))
    (middle / "opaque").mkdir()
    os.setxattr(middle / "opaque", OPAQUE, b"y")
    (middle / "opaque/shown").write_text("mid")
    (top / "dir/deep").mkdir(parents=True)
    (top / "dir/deep/file").write_text("high")
    (top / "becomes-file").write_text("now a file")
    return [bottom, middle, top]


def test_lookup_and_entries(layers: list[Path]) -> None:
    tree = Tree(layers)
    assert tree.entries("/dir") == ["deep/"]
    assert tree.entries("/opaque") == ["shown"]
    assert tree.read_bytes("/dir/deep/file") == b"high"
    assert tree.read_bytes("/link/file") == b"high"
    assert tree.read_bytes("/escape/deep/file") == b"high"
    assert tree.lookup("/dir/gone") is None
    assert tree.lookup("/becomes-file/x") is None
    link = tree.lookup("/link", follow=False)
    assert link is not None
    assert link.target == "/dir/deep"
    assert tree.real_path("/link/../deep/file") == "/dir/deep/file"
    with pytest.raises(LinkLoopError, match="too many levels"):
        tree.lookup("/loop")


def test_the_same_as_a_mount(layers: list[Path], tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    lower = ":".join(str(layer) for layer in reversed(layers))
    subprocess.run(["mount", "-t", "overlay", "none", "-o", f"lowerdir={lower}", mount], check=True)
    try:
        shown = {
            "/" + str(path.relative_to(mount)): oct(path.lstat().st_mode)
            for path in mount.rglob("*")
        }
    finally:
        subprocess.run(["umount", mount], check=True)
    assert {entry.path: oct(entry.stat.st_mode) for entry in Tree(layers).walk()} == shown


def test_an_empty_tree_has_a_root_only() -> None:
    assert Tree([]).entries("/") == []
    assert Tree([]).lookup("/x") is None


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_only_files_are_read(tmp_path: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(tmp_path / "it")
    else:
        (tmp_path / "it").mkdir()
    with pytest.raises(NotFoundError, match="no regular file"):
        Tree([tmp_path]).read_bytes("/it")
