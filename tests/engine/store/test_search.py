"""Search in files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from portable_dagger.errors import PatternError
from portable_dagger.store import edit
from portable_dagger.store.search import Search, search_tree
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from portable_dagger.store.store import Store

FILES = {
    "a.txt": "one\ntwo three\n",
    "s/b.py": "xx thrée\nthree three\n",
    ".hidden": "three\n",
    "ignored.log": "three\n",
    ".gitignore": "*.log\n",
}


@pytest.fixture
def tree(store: Store) -> Tree:
    snapshot = Snapshot()
    for name, text in FILES.items():
        snapshot = edit.write_file(store, snapshot, "/" + name, text.encode())
    snapshot = edit.write_file(store, snapshot, "/binary", b"three\0")
    return Tree(store.layer_paths(snapshot))


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, {".hidden:1", "a.txt:2", "ignored.log:1", "s/b.py:2"}),
        ({"skip_hidden": True, "skip_ignored": True}, {"a.txt:2", "s/b.py:2"}),
        ({"paths": ("s",)}, {"s/b.py:2"}),
        ({"globs": ("*.txt",)}, {"a.txt:2"}),
        ({"limit": 1}, {".hidden:1"}),
    ],
)
def test_where(tree: Tree, options: dict[str, Any], found: set[str]) -> None:
    results = search_tree(tree, "/", Search("three", **options))
    assert {f"{one.path}:{one.line}" for one in results} == found


def test_offsets_are_bytes(tree: Tree) -> None:
    (one,) = search_tree(tree, "/", Search("three three", paths=("s",)))
    assert (one.offset, one.matches) == (len("xx thrée\n".encode()), (("three three", 0, 11),))


def test_patterns(tree: Tree) -> None:
    assert search_tree(tree, "/", Search("t.o", literal=True)) == []
    assert len(search_tree(tree, "/", Search("ONE", insensitive=True))) == 1
    (across,) = search_tree(tree, "/", Search("one.*two", multiline=True, dotall=True))
    assert (across.line, across.text) == (1, "one\ntwo three\n")
    with pytest.raises(PatternError, match="regex parse error"):
        search_tree(tree, "/", Search("("))
