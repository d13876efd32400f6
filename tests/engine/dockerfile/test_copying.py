"""COPY and ADD in a real store: where things go, whose they are, and which content counts."""

from __future__ import annotations

import io
import stat
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from portable_dagger.dockerfile.copying import Destination, find, place
from portable_dagger.dockerfile.permissions import Permissions
from portable_dagger.errors import NotFoundError
from portable_dagger.store import edit
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from portable_dagger.store.store import Store

FILES = {"a.txt": "A", "b.txt": "B", "c.log": "C", "d/x": "X", "d/e/y": "Y"}


@pytest.fixture
def context(store: Store) -> Snapshot:
    root = Snapshot()
    for path, text in FILES.items():
        root = edit.write_file(store, root, f"/{path}", text.encode())
    return root


def files(store: Store, root: Snapshot) -> dict[str, str]:
    tree = Tree(store.layer_paths(root))
    return {e.path: e.source.read_text() for e in tree.walk() if e.is_file}


def copied(  # noqa: PLR0913  what a COPY is made of
    store: Store,
    context: Snapshot,
    sources: list[str],
    to: Destination,
    target: Snapshot = Snapshot(),  # noqa: B008  immutable
    *,
    parents: bool = False,
) -> Snapshot:
    found = [s for text in sources for s in find(store, context, "/", text, parents=parents)]
    return place(store, target, found, to, parents=parents)


@pytest.mark.parametrize(
    ("sources", "to", "parents", "expected"),
    [
        (["a.txt"], Destination("/n"), False, {"/n": "A"}),
        (["a.txt"], Destination("/n", folder=True), False, {"/n/a.txt": "A"}),
        (["/a.txt", "d"], Destination("/n", folder=True), False,
         {"/n/a.txt": "A", "/n/x": "X", "/n/e/y": "Y"}),
        (["*.txt"], Destination("/n", folder=True), False, {"/n/a.txt": "A", "/n/b.txt": "B"}),
        (["?/x"], Destination("/n"), False, {"/n": "X"}),
        (["none*"], Destination("/n"), False, {}),
        (["d/."], Destination("/n"), False, {"/n/x": "X", "/n/e/y": "Y"}),
        (["../d"], Destination("/n"), False, {"/n/x": "X", "/n/e/y": "Y"}),
        (["."], Destination("/n", exclude=("*.txt", "d")), False, {"/n/c.log": "C"}),
        (["d/e/y"], Destination("/n", folder=True), True, {"/n/d/e/y": "Y"}),
        (["d/./e/y"], Destination("/n", folder=True), True, {"/n/e/y": "Y"}),
        (["d/*"], Destination("/n", folder=True), True, {"/n/d/x": "X", "/n/d/e/y": "Y"}),
    ],
)  # fmt: skip
def test_where_things_go(  # noqa: PLR0913, PLR0917  fixtures, and a row of the table
    store: Store,
    context: Snapshot,
    sources: list[str],
    to: Destination,
    parents: bool,  # noqa: FBT001  a column of the table
    expected: dict[str, str],
) -> None:
    assert files(store, copied(store, context, sources, to, parents=parents)) == expected


def test_a_file_goes_into_a_folder_that_is_there_also_through_a_link(
    store: Store, context: Snapshot
) -> None:
    target = edit.symlink(
        store, edit.make_directory(store, Snapshot(), "/usr/bin"), "/bin", "usr/bin"
    )
    found = copied(store, context, ["a.txt"], Destination("/bin"), target)
    assert files(store, found) == {"/usr/bin/a.txt": "A"}


def test_a_missing_source_is_named(store: Store, context: Snapshot) -> None:
    with pytest.raises(NotFoundError, match='"/d/nope": not found'):
        find(store, context, "/", "d/nope")


def test_owner_and_mode_are_those_of_what_is_copied_not_of_what_is_there(
    store: Store, context: Snapshot
) -> None:
    target = edit.make_directory(store, Snapshot(), "/home/u", 0o750, (7, 7))
    to = Destination("/home/u/", folder=True, owner=(8, 9), permissions=Permissions("700"))
    tree = Tree(store.layer_paths(copied(store, context, ["d", "a.txt"], to, target)))

    def facts(path: str) -> tuple[int, int, int]:
        entry = tree.lookup(path)
        assert entry is not None
        return entry.stat.st_uid, entry.stat.st_gid, stat.S_IMODE(entry.stat.st_mode)

    assert facts("/home/u") == (7, 7, 0o750)
    assert facts("/home/u/e") == facts("/home/u/a.txt") == (8, 9, 0o700)


def test_a_layer_depends_on_what_is_copied_only(store: Store, context: Snapshot) -> None:
    changed = edit.write_file(store, context, "/c.log", b"other")
    to = Destination("/n")
    assert copied(store, context, ["d"], to) == copied(store, changed, ["d"], to)
    assert copied(store, context, ["c.log"], to) != copied(store, changed, ["c.log"], to)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_an_archive_is_unpacked_where_it_may_be(store: Store, mode: str) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]
        member = tarfile.TarInfo("in/f")
        member.size, member.uid = 1, 5
        tar.addfile(member, io.BytesIO(b"i"))
    root = edit.write_file(store, Snapshot(), "/t.tar", buffer.getvalue())
    (source,) = find(store, root, "/", "t.tar")
    packed = place(store, Snapshot(), [source], Destination("/n", folder=True))
    assert [e.path for e in Tree(store.layer_paths(packed)).walk()] == ["/n", "/n/t.tar"]
    unpacked = place(store, Snapshot(), [replace(source, unpacks=True)], Destination("/n"))
    assert files(store, unpacked) == {"/n/in/f": "i"}
    entry = Tree(store.layer_paths(unpacked)).lookup("/n/in/f")
    assert entry is not None
    assert entry.stat.st_uid == 5


def test_what_is_no_archive_is_copied(store: Store) -> None:
    root = edit.write_file(store, Snapshot(), "/t.tar", b"text")
    (source,) = find(store, root, "/", "t.tar")
    found = place(store, Snapshot(), [replace(source, unpacks=True)], Destination("/n"))
    assert files(store, found) == {"/n": "text"}
