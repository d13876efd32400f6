"""Sizes and durations as texts, and what trees take on disk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import QueryError
from portable_dagger.store.sizes import format_size, parse_duration, parse_size, size_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "size"),
    [("512", 512), ("10GB", 10**10), ("1.5 KiB", 1536), ("2g", 2 * 10**9), ("20%", 200), ("0", 0)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text, whole=1000) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("30m", 1800), ("1.5h", 5400), ("7d", 604_800), ("2w", 1_209_600)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "ten", "10 XB", "-1", "1e9"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(QueryError, match="is no size"):
        parse_size(text)


@pytest.mark.parametrize("text", ["", "7y", "d"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(QueryError, match="is no duration"):
        parse_duration(text)


def test_sizes_for_people() -> None:
    assert [format_size(s) for s in (0, 999, 1000, 3_400_000_000)] == [
        "0 B",
        "999 B",
        "1.0 KB",
        "3.4 GB",
    ]


def test_a_file_with_two_names_counts_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "one").write_bytes(b"x" * 100_000)
    before = size_of(tmp_path)
    os.link(tmp_path / "one", tmp_path / "sub" / "two")
    (tmp_path / "gone").symlink_to("nowhere")
    assert 100_000 <= before <= size_of(tmp_path) < before + 10_000
    assert size_of(tmp_path / "one") * 2 == pytest.approx(100_000, abs=5000)
    assert size_of(tmp_path / "never") == 0
