"""Edits of snapshots: what they write, what they keep, what they share."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from portable_dagger.store import edit
from portable_dagger.store.content import content_digest
from portable_dagger.store.copy import copy
from portable_dagger.store.filter import Filter
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:

    from portable_dagger.store.store import Store


def tree_of(store: Store, snapshot: Snapshot) -> Tree:
    return Tree(store.layer_paths(snapshot))


def files(store: Store, snapshot: Snapshot) -> dict[str, str]:
    tree = tree_of(store, snapshot)
    return {e.path: e.source.read_text() for e in tree.walk() if e.is_file}


def sample(store: Store) -> Snapshot:
    snapshot = Snapshot()
    for name in ("a.txt", "b.log", "sub/c.txt", "sub/d.log"):
        snapshot = edit.write_file(store, snapshot, "/" + name, name.encode())
    return snapshot


def test_a_file_and_its_parents(store: Store) -> None:
    snapshot = edit.write_file(store, Snapshot(), "/p/q/f", b"x", 0o600, (1, 2))
    tree = tree_of(store, snapshot)
    entry, parent = tree.lookup("/p/q/f"), tree.lookup("/p/q")
    assert entry is not None
    assert parent is not None
    found, above = entry.stat, parent.stat
    assert (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (0o600, 1, 2)
    assert (stat.S_IMODE(above.st_mode), above.st_uid) == (0o755, 0)


def test_parents_keep_their_mode_and_owner(store: Store) -> None:
    base = edit.make_directory(store, Snapshot(), "/private", 0o700, (7, 8))
    after = tree_of(store, edit.write_file(store, base, "/private/f", b"x")).lookup("/private")
    assert after is not None
    assert (stat.S_IMODE(after.stat.st_mode), after.stat.st_uid) == (0o700, 7)


def test_writing_through_a_link_stays_inside(store: Store) -> None:
    snapshot = edit.make_directory(store, Snapshot(), "/real")
    snapshot = edit.symlink(store, snapshot, "/link", "../../real")
    snapshot = edit.write_file(store, snapshot, "/link/f", b"x")
    assert files(store, snapshot) == {"/real/f": "x"}


def test_removal(store: Store) -> None:
    snapshot = sample(store)
    assert set(files(store, edit.remove(store, snapshot, ["/a.txt"], "file"))) == {
        "/b.log",
        "/sub/c.txt",
        "/sub/d.log",
    }
    assert set(files(store, edit.remove(store, snapshot, ["*.log"], "file"))) == {
        "/a.txt",
        "/sub/c.txt",
        "/sub/d.log",
    }
    assert set(files(store, edit.remove(store, snapshot, ["/sub"], "directory"))) == {
        "/a.txt",
        "/b.log",
    }
    assert edit.remove(store, snapshot, ["/never"], "any") == snapshot
    again = edit.write_file(
        store, edit.remove(store, snapshot, ["/sub"], "directory"), "/sub/new", b"n"
    )
    assert "/sub/c.txt" not in files(store, again)


def test_a_copy_merges_filters_and_changes_owners(store: Store) -> None:
    source = sample(store)
    target = edit.write_file(store, Snapshot(), "/dst/old", b"old")
    merged = copy(store, target, "/dst", source, "/", select=Filter(exclude=("**/*.log",)))
    assert set(files(store, merged)) == {"/dst/old", "/dst/a.txt", "/dst/sub/c.txt"}
    owned = tree_of(store, copy(store, target, "/dst", source, "/", owner=(5, 6), mode=0o640))
    entry = owned.lookup("/dst/sub/c.txt")
    assert entry is not None
    assert (entry.stat.st_uid, stat.S_IMODE(entry.stat.st_mode)) == (5, 0o640)


def test_data_is_shared_where_nothing_changes(store: Store) -> None:
    source = sample(store)
    copied = copy(store, Snapshot(), "/x", source, "/")
    there = tree_of(store, copied).lookup("/x/a.txt")
    here = tree_of(store, source).lookup("/a.txt")
    assert here is not None
    assert there is not None
    assert here.stat.st_ino == there.stat.st_ino


def test_equal_edits_make_equal_layers_and_long_chains_stay_shallow(store: Store) -> None:
    assert sample(store) == sample(store)
    snapshot = Snapshot()
    for number in range(150):
        snapshot = edit.write_file(store, snapshot, f"/f{number}", b"x")
    assert len(snapshot.layers) <= edit.DEEPEST
    assert len(files(store, snapshot)) == 150


def test_content_counts_and_times_do_not(store: Store) -> None:
    one = edit.write_file(store, Snapshot(), "/a", b"1")
    other = edit.write_file(store, edit.write_file(store, Snapshot(), "/a", b"0"), "/a", b"1")
    assert one != other
    assert content_digest(store, one) == content_digest(store, other)
    timed = edit.set_times(store, one, "/", 1234567890)
    assert content_digest(store, timed) == content_digest(store, one)
    assert content_digest(store, edit.chown(store, one, "/a", (1, 1))) != content_digest(store, one)
    renamed = edit.write_file(store, Snapshot(), "/b", b"1")
    assert content_digest(store, renamed, "/b") == content_digest(store, one, "/a")
