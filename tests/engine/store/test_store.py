"""The store: layers whole or not at all, steps, blobs, volumes, and what a crash leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import DiskFullError, LayerMissingError
from portable_dagger.store.disk import disk_errors
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def test_a_committed_stage_is_a_layer(store: Store) -> None:
    stage = store.stage()
    (stage.root / "a").write_text("text")
    stage.commit("sha256:one")
    assert store.has_layer("sha256:one")
    assert (store.layer_path("sha256:one") / "a").read_text() == "text"
    assert list((store.root / "stages").iterdir()) == []


def test_an_aborted_stage_leaves_nothing(store: Store) -> None:
    stage = store.stage()
    (stage.root / "a").write_text("text")
    stage.abort()
    assert list((store.root / "stages").iterdir()) == []
    with pytest.raises(LayerMissingError, match="sha256:none"):
        store.layer_paths(Snapshot(("sha256:none",)))


def test_the_second_of_two_equal_layers_is_dropped(store: Store) -> None:
    for text in ("first", "second"):
        stage = store.stage()
        (stage.root / "a").write_text(text)
        stage.commit("sha256:one")
    assert (store.layer_path("sha256:one") / "a").read_text() == "first"
    assert len(list((store.root / "layers").iterdir())) == 1


def test_a_step_without_its_layers_is_a_miss(store: Store) -> None:
    stage = store.stage()
    stage.commit("sha256:one")
    store.put_step("with", {"n": 1}, ["sha256:one"])
    store.put_step("without", {"n": 2}, ["sha256:gone"])
    assert store.get_step("with") == {"n": 1}
    assert store.get_step("without") is None
    assert store.get_step("never") is None


def test_blobs_volumes_and_recipes(store: Store, tmp_path: Path) -> None:
    digest = store.put_blob(b"output")
    assert store.get_blob(digest) == b"output"
    source = tmp_path / "file"
    source.write_bytes(b"output")
    assert store.put_blob_file(source, move=True) == digest
    assert not source.exists()
    assert store.volume_path("pip") == store.volume_path("pip") != store.volume_path("npm")
    store.put_recipes({"abc": "{}"})
    assert store.get_recipe("abc") == "{}"
    assert store.get_recipe("def") is None


def test_everything_is_there_after_reopening(store: Store) -> None:
    stage = store.stage()
    stage.commit("sha256:one")
    store.put_step("step", {"n": 1}, ["sha256:one"])
    store.close()
    again = Store(store.root)
    try:
        assert again.get_step("step") == {"n": 1}
    finally:
        again.close()


CRASH = """
import os, signal, sys
from pathlib import Path
from portable_dagger.store.store import Store
store = Store(Path(sys.argv[1]))
stage = store.stage()
(stage.root / "whole").write_text("x")
stage.commit("sha256:whole")
half = store.stage()
(half.root / "half").write_text("x")
half.root.rename(store.root / "layers" / "999")   # in place, but not recorded
store.stage()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_loses_no_layer_and_leaves_no_half_one(tmp_path: Path) -> None:
    root = tmp_path / "store"
    done = subprocess.run(
        [sys.executable, "-c", CRASH, str(root)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    store = Store(root)
    try:
        assert store.has_layer("sha256:whole")
        assert [p.name for p in (root / "layers").iterdir()] == ["1"]
        assert list((root / "stages").iterdir()) == []
    finally:
        store.close()


@pytest.mark.slow
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", small], check=True)
    try:
        store = Store(small)
        with pytest.raises(DiskFullError, match="no space left") as caught, disk_errors(small):
            store.put_blob(os.urandom(2**20))
        assert "PORTABLE_DAGGER_STATE" in caught.value.hint
        store.close()
    finally:
        subprocess.run(["umount", small], check=True)
