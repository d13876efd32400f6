from __future__ import annotations

import gzip
import hashlib
import json
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from ci.programs.pack import DESCRIPTION, EPOCH, LAYER, Packed, main, pack

if TYPE_CHECKING:
    from pathlib import Path


def members(output: Path) -> list[tarfile.TarInfo]:
    with tarfile.open(output / LAYER) as archive:
        return archive.getmembers()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "b" / "tests").mkdir(parents=True)
    (root / "b" / "tests" / "test_x.py").write_text("x")
    (root / "b" / "module.py").write_text("value = 1\n")
    (root / "a.sh").write_text("#!/bin/sh\n")
    (root / "a.sh").chmod(0o775)
    (root / "link").symlink_to("b/module.py")
    os.link(root / "a.sh", root / "c.sh")
    os.mkfifo(root / "pipe")
    return root


def test_a_layer_has_sorted_entries_below_its_prefix_and_one_time(
    tree: Path, tmp_path: Path
) -> None:
    pack(tree, tmp_path, prefix="/opt/x", plain=True, without=["*/tests"])

    found = members(tmp_path)
    assert [entry.name for entry in found] == [
        "opt",
        "opt/x",
        "opt/x/a.sh",
        "opt/x/b",
        "opt/x/b/module.py",
        "opt/x/c.sh",
        "opt/x/link",
    ]
    assert {entry.mtime for entry in found} == {EPOCH}
    assert {(entry.uid, entry.gid, entry.uname) for entry in found} == {(0, 0, "")}
    by_name = {entry.name.removeprefix("opt/x/"): entry for entry in found}
    assert (by_name["a.sh"].mode, by_name["b/module.py"].mode) == (0o755, 0o644)
    assert (by_name["c.sh"].islnk(), by_name["c.sh"].linkname) == (True, "opt/x/a.sh")
    assert (by_name["link"].issym(), by_name["link"].linkname) == (True, "b/module.py")


def test_what_is_known_of_a_layer_is_true(tree: Path, tmp_path: Path) -> None:
    packed = pack(tree, tmp_path)

    blob = (tmp_path / LAYER).read_bytes()
    assert packed == Packed(
        digest=f"sha256:{hashlib.sha256(blob).hexdigest()}",
        diff_id=f"sha256:{hashlib.sha256(gzip.decompress(blob)).hexdigest()}",
        size=len(blob),
        unpacked=len("x") + len("value = 1\n") + len("#!/bin/sh\n"),
    )


def test_times_and_a_umask_change_nothing(tree: Path, tmp_path: Path) -> None:
    first = pack(tree, tmp_path, plain=True)
    os.utime(tree / "b" / "module.py", (1, 1))
    (tree / "b" / "module.py").chmod(0o600)
    (tree / "b").chmod(0o700)

    assert pack(tree, tmp_path, plain=True) == first


def test_a_system_keeps_its_modes_but_no_owner_rights(tree: Path, tmp_path: Path) -> None:
    (tree / "b" / "module.py").chmod(0o640)
    (tree / "a.sh").chmod(0o6755)

    pack(tree, tmp_path)

    modes = {entry.name: entry.mode for entry in members(tmp_path)}
    assert (modes["b/module.py"], modes["a.sh"]) == (0o640, 0o755)


def test_a_large_file_is_compressed_in_chunks_that_any_gzip_reads(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    root.mkdir()
    content = os.urandom(1024) * (20 * 1024)
    (root / "large").write_bytes(content)

    assert main([f"--root={root}", f"--output={tmp_path}", "--without=absent"]) == 0

    with tarfile.open(tmp_path / LAYER) as archive:
        extracted = archive.extractfile("large")
        assert extracted is not None
        assert extracted.read() == content
    assert json.loads((tmp_path / DESCRIPTION).read_text())["unpacked"] == len(content)
