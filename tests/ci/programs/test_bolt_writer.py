from __future__ import annotations

from typing import TYPE_CHECKING

from ci.programs import bolt, bolt_writer

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_read_however_much_it_is(tmp_path: Path) -> None:
    many = {f"key-{number:05}": b"x" * 100 for number in range(70_000)}
    nested = {f"package-{number:04}": {"CVE-1": b"{}"} for number in range(2000)}

    bolt_writer.write(tmp_path / "db", {"many": many, "none": {}, "nested": nested})

    root = bolt.root((tmp_path / "db").read_bytes())
    buckets = root.buckets()
    assert {name: bucket.size() for name, bucket in buckets.items()} == {
        "many": 70_000,
        "none": 0,
        "nested": 2000,
    }
    assert all(bucket.size() == 1 for bucket in buckets["nested"].buckets().values())


def test_equal_content_is_an_equal_file(tmp_path: Path) -> None:
    bolt_writer.write(tmp_path / "one", {"a": {"x": b"1", "y": b"2"}})
    bolt_writer.write(tmp_path / "other", {"a": {"y": b"2", "x": b"1"}})

    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
