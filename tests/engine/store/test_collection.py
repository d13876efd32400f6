"""Garbage collection with a real store: what goes, what stays, kills in the middle, full disks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import CollectionStoppedError, DiskFullError
from portable_dagger.store.collection import Collection
from portable_dagger.store.host import import_directory
from portable_dagger.store.policy import Policy
from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.store.policy import Entry

EVERYTHING = Policy(reserved=0, largest=0, free=0)
LATER = 1e12
AFTER_LAYERS = 4


def layer(store: Store, name: str, size: int = 10_000) -> str:
    stage = store.stage()
    (stage.root / name).write_bytes(b"x" * size)
    stage.commit(f"sha256:{name}", "exec", f"make {name}")
    return f"sha256:{name}"


def collection(store: Store, *, since: float | None = None, **folders: Path) -> Collection:
    """Sessions began `since`; None: there are none."""
    return Collection(store, folders, lambda: time.time() if since is None else since)


def entries(found: Collection) -> dict[str, Entry]:
    return {entry.name: entry for entry in found.entries()}


def test_what_takes_space_and_why(store: Store, tmp_path: Path) -> None:
    layer(store, "one", 100_000)
    blob = store.put_blob(b"words" * 1000, "output", "make one")
    (store.volume_path("pip", "pip of ci") / "wheel").write_bytes(b"x" * 50_000)
    (tmp_path / "packages" / "abc").mkdir(parents=True)
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_text("text")
    import_directory(store, source)
    found = collection(store, packages=tmp_path / "packages").entries()
    shown = {(e.kind, e.title) for e in found if e.kind != "import"}
    assert shown == {
        ("exec", "make one"),
        ("output", "make one"),
        ("volume", "pip of ci"),
        ("packages", "abc"),
        ("host", str(source)),
    }
    by_name = {entry.name: entry for entry in found}
    assert by_name["sha256:one"].size >= 100_000
    assert by_name["pip"].size >= 50_000
    assert by_name[blob.removeprefix("sha256:")].size >= 5000
    assert all(time.time() - entry.used < 60 for entry in found)
    assert by_name["sha256:one"].uses == 1


def test_everything_goes_and_its_steps_are_forgotten(store: Store, tmp_path: Path) -> None:
    one, two = layer(store, "one"), layer(store, "two")
    blob = store.put_blob(b"output")
    store.put_step("of a layer", {"n": 1}, [one, two])
    store.put_step("of a blob", {"n": 2}, blobs=[blob])
    store.put_step("of neither", {"n": 3})
    (store.volume_path("pip") / "wheel").write_text("x")
    store.volume_path("pip").with_name("1.seeded").touch()
    (tmp_path / "packages" / "abc").mkdir(parents=True)
    done = collection(store, packages=tmp_path / "packages").tidy(EVERYTHING)
    assert {entry.place for entry in done.entries} == {"layer", "blob", "volume", "packages"}
    assert done.size > 20_000
    for name in ("layers", "blobs", "volumes", "trash"):
        assert list((store.root / name).iterdir()) == []
    assert list((tmp_path / "packages").iterdir()) == []
    assert [key for key, _, _ in store.index.needs()] == ["of neither"]
    assert store.get_step("of neither") == {"n": 3}
    assert not store.has_layer(one)
    assert layer(store, "one") == one  # it can be made again
    assert store.volume_path("pip").is_dir()


def test_what_a_running_session_has_used_stays(store: Store) -> None:
    layer(store, "old")
    layer(store, "held")
    layer(store, "of a step")
    blob = store.put_blob(b"output")
    store.put_step("step", {}, ["sha256:of a step"], [blob])
    (store.volume_path("pip") / "wheel").write_text("x")
    time.sleep(0.02)
    began = time.time()
    found = collection(store, since=began)
    assert store.hold(["sha256:held"])
    assert store.get_step("step") == {}
    store.volume_path("pip")
    assert {e.name for e in found.entries() if not e.active} == {"sha256:old"}
    assert [e.name for e in found.tidy(EVERYTHING).entries] == ["sha256:old"]
    assert store.get_step("step") == {}
    assert (store.volume_path("pip") / "wheel").exists()


def test_what_comes_into_use_while_it_is_chosen_stays(store: Store) -> None:
    layer(store, "one")
    blob = store.put_blob(b"output")
    store.volume_path("pip")
    time.sleep(0.02)
    found = collection(store, since=time.time())

    def choose(entries: list[Entry]) -> list[Entry]:
        assert not any(entry.active for entry in entries)
        assert store.hold(["sha256:one"], [blob])
        store.volume_path("pip")
        return entries

    assert found.collect(choose).entries == ()
    assert store.hold(["sha256:one"], [blob])


def test_uses_outlast_the_engine(store: Store) -> None:
    for name in ("first", "second"):
        layer(store, name)
    store.put_step("step", {}, ["sha256:first"])
    time.sleep(0.02)
    store.get_step("step")
    store.close()
    again = Store(store.root)
    try:
        found = entries(collection(again))
        assert found["sha256:first"].used > found["sha256:second"].used
        rules = Policy(reserved=0, largest=found["sha256:first"].size, free=0)
        gone = collection(again).tidy(rules).entries
        assert [entry.name for entry in gone] == ["sha256:second"]
    finally:
        again.close()


def test_hard_links_are_counted_once_and_survive(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(200):
        (source / f"{number}").write_bytes(b"x" * 5000)
    import_directory(store, source)
    for number in range(150):
        (source / f"{number}").write_bytes(b"y" * 5000)
    second = import_directory(store, source)
    before = sum(entry.size for entry in collection(store).entries())
    assert before < 3_000_000
    gone = collection(store).collect(lambda es: [e for e in es if e.name not in second.layers])
    assert any(entry.place == "layer" for entry in gone.entries)
    assert (store.layer_paths(second)[-1] / "199").read_bytes() == b"x" * 5000


def test_old_bookkeeping_goes(store: Store) -> None:
    store.put_step("result", {"value": 1})
    store.put_recipes({"abc": "{}"})
    store.index.trim(time.time() - 60)
    assert store.get_step("result") == {"value": 1}
    assert store.get_recipe("abc") == "{}"
    store.index.trim(LATER)
    assert store.get_step("result") is None
    assert store.get_recipe("abc") is None


def test_a_stop_ends_the_measuring_at_once_and_keeps_what_was_measured(store: Store) -> None:
    for key in ("first", "second"):
        for number in range(2000):
            (store.volume_path(key) / str(number)).touch()
    found, seen = collection(store), 0

    def check() -> None:
        nonlocal seen
        seen += 1
        if seen == 3000:
            found.stop()
        found.check()

    with pytest.raises(CollectionStoppedError):
        found.entries(check)
    assert seen == 3000
    assert sum(fact.size is not None for fact in store.facts.all().values()) == 1
    with pytest.raises(CollectionStoppedError):
        found.tidy(EVERYTHING)
    assert set(store.volumes()) == {"first", "second"}


def test_a_stop_while_files_are_deleted_leaves_them_to_the_next_start(store: Store) -> None:
    for number in range(50):
        (store.volume_path("pip") / str(number)).touch()
    found = collection(store)

    def choose(entries: list[Entry]) -> list[Entry]:
        found.stop()
        return entries

    with pytest.raises(CollectionStoppedError):
        found.collect(choose)
    assert store.volumes() == {}
    assert len(list((store.root / "trash").iterdir())) == 1
    collection(store).empty_trash()
    assert list((store.root / "trash").iterdir()) == []


KILLED = """
import os, signal, sys, time
from pathlib import Path
from portable_dagger.store import store as module
from portable_dagger.store.collection import Collection
from portable_dagger.store.policy import Policy
store = module.Store(Path(sys.argv[1]))
for n in range(4):
    stage = store.stage()
    (stage.root / "file").write_text(str(n))
    stage.commit(f"sha256:{n}")
    store.put_step(f"step {n}", {"n": n}, [f"sha256:{n}"])
keep = store.stage()
keep.commit("sha256:kept")
store.put_step("kept", {}, ["sha256:kept"])
volume = store.volume_path("pip")
(volume / "wheel").write_text("x")
at, count = int(sys.argv[2]), 0
discard, remove = store.discard, module.remove_tree
def step(do, path):
    global count
    if count == at:
        os.kill(os.getpid(), signal.SIGKILL)
    count += 1
    do(path)
store.discard = lambda path: step(discard, path)
module.remove_tree = lambda path: step(remove, path)
Collection(store, {}, time.time).collect(lambda es: [e for e in es if e.name != "sha256:kept"])
"""


@pytest.mark.parametrize("at", range(0, 10, 3))
def test_a_kill_in_the_middle_loses_nothing_that_is_indexed(tmp_path: Path, at: int) -> None:
    root = tmp_path / "store"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(root), str(at)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    store = Store(root)
    try:
        assert store.get_step("kept") == {}
        known = set(store.index.layers().values())
        assert {int(path.name) for path in (root / "layers").iterdir()} == known
        for digest in store.layers:
            assert digest == "sha256:kept" or (store.layer_path(digest) / "file").exists()
        for number in range(4):
            assert (store.get_step(f"step {number}") is None) != store.has_layer(f"sha256:{number}")
        collection(store).empty_trash()
        assert list((root / "trash").iterdir()) == []
        assert (store.volume_path("pip") / "wheel").exists() == (at < AFTER_LAYERS)
    finally:
        store.close()


def test_indexes_from_before_collection_are_taken_over(tmp_path: Path) -> None:
    old = """
import json, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.executescript('''
CREATE TABLE layers (
    number INTEGER PRIMARY KEY, digest TEXT UNIQUE NOT NULL, created REAL NOT NULL, used REAL NOT NULL);
CREATE TABLE steps (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, layers TEXT NOT NULL, created REAL NOT NULL, used REAL NOT NULL);
CREATE TABLE recipes (digest TEXT PRIMARY KEY, text TEXT NOT NULL);
INSERT INTO recipes VALUES ('abc', '{}');
INSERT INTO steps VALUES
    ('exec', '{"stdout": "sha256:1", "stderr": "sha256:1", "combined": "sha256:2"}', '[]', 1, 1);
''')
"""
    root = tmp_path / "store"
    root.mkdir()
    subprocess.run([sys.executable, "-c", old, str(root / "index.sqlite")], check=True)
    store = Store(root)
    try:
        assert list(store.index.needs()) == [("exec", [], ["sha256:1", "sha256:1", "sha256:2"])]
        assert store.get_step("exec") is None
        store.index.trim(time.time() - 60)
        assert store.get_recipe("abc") == "{}"
    finally:
        store.close()


@pytest.mark.slow
def test_a_nearly_full_disk_stops_a_step_before_it_writes(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", small], check=True)
    try:
        store = Store(small)
        store.floor = 2_000_000
        layer(store, "one", 2_500_000)
        for write in (store.stage, lambda: store.put_blob(b"words")):
            with pytest.raises(
                DiskFullError, match=r"small is nearly full: .* MB of 4\.2 MB are free"
            ) as e:
                write()
            assert "dagger prune --all" in e.value.hint
            assert "PORTABLE_DAGGER_DISK_FLOOR" in e.value.hint
        collection(store).tidy(EVERYTHING)
        assert store.put_blob(b"words")
        store.close()
    finally:
        subprocess.run(["umount", small], check=True)
