from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from ci.programs import bolt
from ci.programs.errors import DatabaseError
from tests.ci.programs.bolt import PAGE, away, branch, database, inline, leaf, meta, write

if TYPE_CHECKING:
    from pathlib import Path


def sizes(path: Path) -> dict[str, int]:
    return {name: found.size() for name, found in bolt.root(path.read_bytes()).buckets().items()}


def test_small_buckets_are_counted(tmp_path: Path) -> None:
    database(tmp_path / "db", {"a": {"1": b"x", "2": b""}, "b": {}})

    assert sizes(tmp_path / "db") == {"a": 2, "b": 0}


def test_large_buckets_are_counted_over_all_their_pages(tmp_path: Path) -> None:
    buckets = {"large": away(3), "small": inline({"1": b""})}
    pages = [
        leaf(2, buckets, buckets=True),
        branch(3, [4, 5]),
        leaf(4, {"1": b"", "2": b""}),
        branch(5, [6]),
        leaf(6, {"3": b""}),
    ]
    write(tmp_path / "db", pages)

    assert sizes(tmp_path / "db") == {"large": 3, "small": 1}


def test_the_newer_sound_meta_page_counts(tmp_path: Path) -> None:
    old = leaf(2, {"old": inline({})}, buckets=True)
    new = leaf(3, {"new": inline({})}, buckets=True)
    pages = [meta(0, 2, 4), meta(1, 3, 5), old, new]
    path = tmp_path / "db"
    path.write_bytes(b"".join(page.ljust(PAGE, b"\0") for page in pages))
    assert sizes(path) == {"new": 0}

    pages[1] = pages[1][:-1] + bytes([pages[1][-1] ^ 1])
    path.write_bytes(b"".join(page.ljust(PAGE, b"\0") for page in pages))
    assert sizes(path) == {"old": 0}


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="no database of bbolt"):
        bolt.root(b"x" * 2 * PAGE)

    write(tmp_path / "db", [leaf(2, {"a": away(3)}, buckets=True), b"x" * PAGE])
    with pytest.raises(DatabaseError, match=rf"damaged at byte {3 * PAGE}"):
        sizes(tmp_path / "db")


def test_a_ring_of_pages_ends(tmp_path: Path) -> None:
    write(tmp_path / "db", [leaf(2, {"a": away(3)}, buckets=True), branch(3, [3, 3])])

    with pytest.raises(DatabaseError, match="damaged"):
        sizes(tmp_path / "db")


def test_a_file_that_is_cut_short_is_no_answer(tmp_path: Path) -> None:
    write(tmp_path / "db", [leaf(2, {"a": away(9)}, buckets=True)])

    with pytest.raises(struct.error):
        sizes(tmp_path / "db")
