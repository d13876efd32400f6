"""Patches: made from two directories, applied to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import PatchError
from portable_dagger.store.changes import compare
from portable_dagger.store.edit import make_directory, symlink, write_file
from portable_dagger.store.patch import FileStat, diff, patched, statistics
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from portable_dagger.store.store import Store

LINES = "one\ntwo\nthree\nfour\nfive\n"


def directory(store: Store, files: dict[str, str | bytes], base: str = "/") -> Snapshot:
    snapshot = Snapshot()
    for path, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        snapshot = write_file(store, snapshot, f"{base.rstrip('/')}/{path}", data)
    return snapshot


def content(store: Store, snapshot: Snapshot) -> dict[str, bytes]:
    tree = Tree(store.layer_paths(snapshot))
    return {entry.path: entry.source.read_bytes() for entry in tree.walk() if entry.is_file}


CASES: list[tuple[dict[str, str | bytes], dict[str, str | bytes]]] = [
    ({"a": LINES}, {"a": LINES.replace("two", "TWO")}),
    ({"a": LINES}, {"a": LINES, "deep/er/b": "new\n"}),
    ({"a": LINES, "deep/er/b": "old\n"}, {"a": LINES}),
    ({"a": LINES}, {"b": LINES}),
    ({"a": "no line feed"}, {"a": "no line feed at the end"}),
    ({"a b ": "space\n", "ä": "x\n"}, {"a b ": "spaces\n", "ä": "y\n"}),
    ({"[x]*!": "1\n", "x": "1\n"}, {"x": "1\n"}),
]


@pytest.mark.parametrize(("before", "after"), CASES)
def test_a_patch_leads_from_one_directory_to_the_other(
    store: Store, before: dict[str, str | bytes], after: dict[str, str | bytes]
) -> None:
    old, new = directory(store, before), directory(store, after)
    result = patched(store, old, "/", diff(store, (old, "/"), (new, "/")))
    assert content(store, result) == content(store, new)
    assert compare(store, (result, "/"), (new, "/")).removed == ()


def test_equal_directories_have_an_empty_patch_that_changes_nothing(store: Store) -> None:
    one, other = directory(store, {"a": LINES}), directory(store, {"x": "", "a": LINES})
    other = patched(store, other, "/", diff(store, (other, "/"), (one, "/")))
    assert diff(store, (one, "/"), (other, "/")) == b""
    assert patched(store, one, "/", b"") == one


def test_a_patch_applies_below_a_path(store: Store) -> None:
    old, new = directory(store, {"a": LINES}), directory(store, {"a": "short\n"})
    patch = diff(store, (old, "/"), (new, "/"))
    inner = write_file(store, directory(store, {"a": LINES}, "/sub"), "/a", b"outside\n")
    result = patched(store, inner, "/sub", patch)
    assert content(store, result) == {"/a": b"outside\n", "/sub/a": b"short\n"}


def test_owner_link_and_untouched_files_stay(store: Store) -> None:
    old = write_file(store, Snapshot(), "/a", LINES.encode(), 0o640, (5, 6))
    old = symlink(store, make_directory(store, old, "/empty"), "/link", "a")
    new = write_file(store, old, "/a", b"other\n", 0o640, (5, 6))
    result = patched(store, old, "/", diff(store, (old, "/"), (new, "/")))
    tree = Tree(store.layer_paths(result))
    entry = tree.lookup("/a")
    assert entry is not None
    assert (entry.stat.st_uid, entry.stat.st_gid) == (5, 6)
    assert tree.entries("/") == ["a", "empty/", "link"]


@pytest.mark.parametrize("patch", [b"nonsense\n", b"--- a/a\n+++ b/a\n@@ -1 +1 @@\n-no\n+yes\n"])
def test_a_patch_that_does_not_fit_is_refused(store: Store, patch: bytes) -> None:
    with pytest.raises(PatchError, match="failed to apply patch: error: "):
        patched(store, directory(store, {"a": LINES}), "/", patch)


def test_a_patch_does_not_lead_out_of_the_directory(store: Store) -> None:
    patch = b"--- /dev/null\n+++ b/../../outside\n@@ -0,0 +1 @@\n+x\n"
    with pytest.raises(PatchError, match="invalid path"):
        patched(store, directory(store, {"a": LINES}), "/", patch)


def test_statistics_name_kinds_and_count_lines(store: Store) -> None:
    old = directory(store, {"mod": LINES, "gone": "g\n", "here": LINES * 2, "bin": b"\0\1"})
    new = directory(store, {"mod": LINES + "six\n", "moved": LINES * 2, "bin": b"\0\2", "n": "n\n"})
    assert statistics(store, (old, "/"), (new, "/")) == [
        FileStat("bin", "MODIFIED"),
        FileStat("gone", "REMOVED", 0, 1),
        FileStat("mod", "MODIFIED", 1, 0),
        FileStat("moved", "RENAMED", 0, 0, "here"),
        FileStat("n", "ADDED", 1, 0),
    ]
