"""Merging: changes of two sides from the same directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import MergeConflictError, StoreError
from portable_dagger.store.edit import remove, write_file
from portable_dagger.store.merge import OnConflict, merged
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from portable_dagger.store.store import Store

Files = dict[str, str]
LINES = "".join(f"{number}\n" for number in range(1, 10))
TOP, END, OTHER = LINES.replace("1", "top"), LINES.replace("9", "end"), LINES.replace("1", "other")
MARKED = LINES.replace("1\n", "<<<<<<< ours\ntop\n=======\nother\n>>>>>>> theirs\n")


def directory(store: Store, files: Files) -> Snapshot:
    snapshot = Snapshot()
    for path, text in files.items():
        snapshot = write_file(store, snapshot, f"/{path}", text.encode())
    return snapshot


def merge(store: Store, base: Files, ours: Files, theirs: Files, on_conflict: str) -> Files:
    old = (directory(store, base), "/")
    one, other = (directory(store, ours), "/"), (directory(store, theirs), "/")
    result = merged(store, (old, one), (old, other), OnConflict[on_conflict])
    tree = Tree(store.layer_paths(result))
    return {e.path[1:]: e.source.read_text() for e in tree.walk() if e.is_file}


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        ({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, {"a": "1", "b": "2"}, {"a": "2", "b": "2"}),
        ({"a": "1"}, {"a": "1", "x": "x"}, {"a": "1", "y/z": "z"}, {"a": "1", "x": "x", "y/z": "z"}),
        ({"a": "1", "b": "1"}, {"b": "1"}, {"a": "1", "b": "2"}, {"b": "2"}),
        ({"a": LINES}, {"a": TOP}, {"a": END}, {"a": TOP.replace("9", "end")}),
        ({"a": "1"}, {"a": "2"}, {"a": "2"}, {"a": "2"}),
        ({"a": "1", "b": "1"}, {"b": "1"}, {"b": "1"}, {"b": "1"}),
        ({"d/a": "1", "b": "1"}, {"d/a": "1", "d/n": "n", "b": "1"}, {"b": "1"}, {"d/n": "n", "b": "1"}),
    ],
    ids=["modified", "added", "removed", "lines", "same", "both removed", "into a removed directory"],
)  # fmt: skip
def test_changes_that_go_together(
    store: Store, base: Files, ours: Files, theirs: Files, expected: Files
) -> None:
    assert merge(store, base, ours, theirs, "FAIL") == expected


@pytest.mark.parametrize(
    ("on_conflict", "expected"),
    [("PREFER_OURS", TOP), ("PREFER_THEIRS", OTHER), ("LEAVE_CONFLICT_MARKERS", MARKED)],
)
def test_a_side_is_chosen_line_by_line(store: Store, on_conflict: str, expected: str) -> None:
    found = merge(store, {"a": LINES}, {"a": TOP}, {"a": OTHER}, on_conflict)
    assert found == {"a": expected}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [({"a": "2"}, {"a": "3"}), ({"b": ""}, {"a": "3"}), ({"a": "2"}, {"b": ""})],
    ids=["modified", "removed by us", "removed by them"],
)
def test_a_conflict_names_the_file(store: Store, ours: Files, theirs: Files) -> None:
    with pytest.raises(MergeConflictError, match=r"CONFLICT .*: Merge conflict in a$"):
        merge(store, {"a": "1", "b": ""}, ours, theirs, "FAIL")


@pytest.mark.parametrize(
    ("on_conflict", "expected"),
    [("PREFER_OURS", {}), ("PREFER_THEIRS", {"a": "3"}), ("LEAVE_CONFLICT_MARKERS", {"a": "3"})],
)
def test_a_removed_file_that_the_other_side_changed(
    store: Store, on_conflict: str, expected: Files
) -> None:
    found = merge(store, {"a": "1", "b": ""}, {"b": ""}, {"a": "3", "b": ""}, on_conflict)
    assert found == {"b": "", **expected}


def test_fail_early_refuses_even_lines_that_go_together(store: Store) -> None:
    with pytest.raises(MergeConflictError, match=r"both sides changed a$"):
        merge(store, {"a": LINES}, {"a": TOP}, {"a": END}, "FAIL_EARLY")


def test_the_root_cannot_be_removed(store: Store) -> None:
    with pytest.raises(StoreError, match="root"):
        remove(store, directory(store, {"a": "1"}), ["/"], "directory")
