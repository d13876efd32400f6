"""What is written to the host: merged, in its place, new, and never half done."""

from __future__ import annotations

import os
import resource
import stat
from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import NotFoundError
from portable_dagger.store import edit
from portable_dagger.store.export import export_directory, export_file
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.store.store import Store


def sample(store: Store) -> Snapshot:
    snapshot = edit.write_file(store, Snapshot(), "/a.txt", b"a")
    snapshot = edit.write_file(store, snapshot, "/sub/run.sh", b"run", mode=0o755)
    snapshot = edit.make_directory(store, snapshot, "/sub/closed", mode=0o500)
    snapshot = edit.write_file(store, snapshot, "/sub/closed/deep.txt", b"deep")
    return edit.symlink(store, snapshot, "/link", "a.txt")


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


ALL = ["a.txt", "link", "sub", "sub/closed", "sub/closed/deep.txt", "sub/run.sh"]


def test_a_new_directory_has_contents_modes_and_links(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "not/yet/there"
    export_directory(store, sample(store), "/", target)
    assert listing(target) == ALL
    assert (target / "link").readlink().name == "a.txt"
    assert stat.S_IMODE((target / "sub/run.sh").stat().st_mode) == 0o755
    assert stat.S_IMODE((target / "sub/closed").stat().st_mode) == 0o500
    assert [path.name for path in target.parent.iterdir()] == ["there"]


def test_what_is_there_is_merged_or_wiped(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "mine").write_text("kept")
    (target / "a.txt").mkdir()
    (target / "sub").write_text("a file where a directory comes")
    export_directory(store, sample(store), "/", target)
    assert listing(target) == sorted([*ALL, "mine"])
    (target / "sub/also-mine").write_text("kept")
    export_directory(store, sample(store), "/", target)
    assert (target / "sub/also-mine").read_text() == "kept"
    export_directory(store, sample(store), "/sub", target, wipe=True)
    assert listing(target) == ["closed", "closed/deep.txt", "run.sh"]


def test_links_of_the_host_are_replaced_and_not_followed(store: Store, tmp_path: Path) -> None:
    elsewhere, target = tmp_path / "elsewhere", tmp_path / "out"
    elsewhere.mkdir()
    target.mkdir()
    (target / "sub").symlink_to(elsewhere)
    (target / "a.txt").symlink_to(elsewhere / "a.txt")
    export_directory(store, sample(store), "/", target)
    assert listing(target) == ALL
    assert list(elsewhere.iterdir()) == []


def test_a_directory_that_fails_half_way_leaves_nothing(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    big = edit.write_file(store, sample(store), "/sub/big", b"x" * 2**21)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, limit[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            export_directory(store, big, "/", folder / "new")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert list(folder.iterdir()) == []


def test_a_file_that_fails_half_way_leaves_nothing(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    both = edit.write_file(store, sample(store), "/big", b"x" * 2**21)
    both = edit.write_file(store, both, "/small", b"x" * 3000)
    # The kernel takes what fits of a write, and refuses the next.
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limit[1]))
    try:
        for name in ("/big", "/small"):
            with pytest.raises(OSError, match="File too large"):
                export_file(store, both, name, folder / "new")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert list(folder.iterdir()) == []


def test_a_file(store: Store, tmp_path: Path) -> None:
    export_file(store, sample(store), "/a.txt", tmp_path / "new/a")
    assert (tmp_path / "new/a").read_text() == "a"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    (tmp_path / "new/a").chmod(0o640)
    export_file(store, sample(store), "/sub/run.sh", tmp_path / "new/a")
    assert (tmp_path / "new/a").read_text() == "run"
    assert stat.S_IMODE((tmp_path / "new/a").stat().st_mode) == 0o640
    with pytest.raises(NotFoundError, match="no such file"):
        export_file(store, sample(store), "/never", tmp_path / "b")


def test_pipes_and_devices_stay_in_containers(store: Store, tmp_path: Path) -> None:
    stage = store.stage()
    os.mkfifo(stage.root / "pipe")
    stage.commit("sha256:pipe")
    snapshot = Snapshot(("sha256:pipe",))
    with pytest.raises(NotFoundError, match="pipe is no regular file"):
        export_file(store, snapshot, "/pipe", tmp_path / "out")
    with pytest.raises(NotFoundError, match="pipe is no regular file"):
        export_directory(store, snapshot, "/", tmp_path / "folder")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "folder").exists()
