"""Packing and unpacking, against overlayfs' own form and against hostile archives."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import ArchiveError
from portable_dagger.images.packing import (
    OPAQUE_ATTRIBUTE,
    DigestWriter,
    is_whiteout,
    layer_digest,
    pack,
)
from portable_dagger.images.unpacking import unpack

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="layers have owners and devices: needs root"
)


def packed(layer: Path) -> bytes:
    output = io.BytesIO()
    pack(layer, output)
    return output.getvalue()


def tarball(*entries: tarfile.TarInfo) -> io.BytesIO:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        for entry in entries:
            tar.addfile(entry, io.BytesIO(b"x" * entry.size))
    output.seek(0)
    return output


def entry(name: str, kind: bytes = tarfile.REGTYPE, **fields: str | int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode = kind, 0o755 if kind == tarfile.DIRTYPE else 0o644
    for field, value in fields.items():
        setattr(info, field, value)
    return info


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """Make a layer with one of everything."""
    root = tmp_path / "layer"
    (root / "bin").mkdir(parents=True)
    (root / "bin/tool").write_text("tool")
    (root / "bin/tool").chmod(0o4755)
    os.link(root / "bin/tool", root / "bin/twin")
    (root / "bin/link").symlink_to("./tool//")
    os.chown(root / "bin/link", 7, 8, follow_symlinks=False)
    os.mknod(root / "gone", stat.S_IFCHR, os.makedev(0, 0))
    os.mknod(root / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.mkfifo(root / "pipe")
    (root / "new").mkdir(mode=0o700)
    os.setxattr(root / "new", OPAQUE_ATTRIBUTE, b"y")
    (root / "new/file").write_text("content")
    os.chown(root / "new/file", 1000, 1001)
    os.utime(root / "new/file", (1_000_000_000, 1_000_000_000))
    os.setxattr(root / "new/file", "user.note", b"\xff\x00")
    os.utime(root / "new", (1_000_000_001, 1_000_000_001))
    return root


def test_tar_form(layer: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(packed(layer))) as tar:
        names = tar.getnames()
        twin = tar.getmember("bin/twin")
    assert names == [
        "bin",
        "bin/link",
        "bin/tool",
        "bin/twin",
        ".wh.gone",
        "new",
        "new/.wh..wh..opq",
        "new/file",
        "null",
        "pipe",
    ]
    assert (twin.type, twin.linkname) == (tarfile.LNKTYPE, "bin/tool")


def test_there_and_back(layer: Path, tmp_path: Path) -> None:
    data = packed(layer)
    copy = tmp_path / "copy"
    copy.mkdir()
    assert unpack(io.BytesIO(data), copy) == layer_digest(layer)
    assert packed(copy) == data
    assert is_whiteout((copy / "gone").lstat())
    assert os.getxattr(copy / "new", OPAQUE_ATTRIBUTE) == b"y"
    assert os.getxattr(copy / "new/file", "user.note") == b"\xff\x00"
    assert (copy / "bin/tool").stat().st_ino == (copy / "bin/twin").stat().st_ino
    assert (copy / "bin/link").readlink() == (layer / "bin/link").readlink()
    assert (copy / "new").stat().st_mtime == 1_000_000_001
    assert stat.S_IMODE((copy / "bin/tool").stat().st_mode) == 0o4755


def test_digest_counts_bytes(layer: Path) -> None:
    writer = DigestWriter()
    pack(layer, writer)
    assert writer.size == len(packed(layer))


def test_directory_replaced_in_the_same_layer_is_opaque(tmp_path: Path) -> None:
    unpack(tarball(entry(".wh.etc"), entry("etc", tarfile.DIRTYPE)), tmp_path)
    assert os.getxattr(tmp_path / "etc", OPAQUE_ATTRIBUTE) == b"y"


def test_images_do_not_tell_overlayfs_how_to_show_them(tmp_path: Path) -> None:
    hostile = entry("etc", tarfile.DIRTYPE)
    hostile.pax_headers = {
        f"SCHILY.xattr.{name}": "/outside"
        for name in ("trusted.overlay.redirect", "user.overlay.redirect", "user.note")
    }
    unpack(tarball(hostile), tmp_path)
    assert os.listxattr(tmp_path / "etc") == ["user.note"]


def test_later_entry_wins(tmp_path: Path) -> None:
    unpack(
        tarball(
            entry("a", tarfile.DIRTYPE),
            entry("a/b", size=1),
            entry("a", size=2),
            entry("c/d", size=1),
        ),
        tmp_path,
    )
    assert (tmp_path / "a").read_text() == "xx"
    assert (tmp_path / "c/d").read_text() == "x"


@pytest.mark.parametrize("target", ["/", "../../../../../../../..", "/outside/../.."])
def test_links_stay_inside(tmp_path: Path, target: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    escape = f"way/{str(tmp_path).lstrip('/')}/escaped"
    unpack(tarball(entry("way", tarfile.SYMTYPE, linkname=target), entry(escape, size=1)), root)
    assert not (tmp_path / "escaped").exists()
    assert (root / str(tmp_path).lstrip("/") / "escaped").read_text() == "x"


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([entry("../x", size=1)], "outside itself"),
        ([entry("x", tarfile.LNKTYPE, linkname="../../etc/passwd")], "outside itself"),
        ([entry("x", tarfile.LNKTYPE, linkname="missing")], "which the layer lacks"),
        ([entry("x", size=1), entry("x/y", size=1)], "goes through a file"),
        (
            [
                entry("a", tarfile.SYMTYPE, linkname="b"),
                entry("b", tarfile.SYMTYPE, linkname="a"),
                entry("a/x", size=1),
            ],
            "too many symbolic links",
        ),
    ],
)
def test_refused(tmp_path: Path, entries: list[tarfile.TarInfo], message: str) -> None:
    with pytest.raises(ArchiveError, match=message):
        unpack(tarball(*entries), tmp_path)


@pytest.mark.parametrize("form", ["gnu", "pax"])
def test_sparse_files(tmp_path: Path, form: str) -> None:
    for name in ("layer", "copy"):
        (tmp_path / name).mkdir()
    with (tmp_path / "layer/sparse").open("wb") as file:
        for place in (0, 2**20, 3 * 2**20):
            file.seek(place)
            file.write(b"data")
        file.truncate(2**22)
    (tmp_path / "layer/then").write_text("then")
    command = [
        "tar",
        f"--format={form}",
        "--sparse",
        "-C",
        tmp_path / "layer",
        "-c",
        "sparse",
        "then",
    ]
    done = subprocess.run(command, check=True, capture_output=True)
    assert len(done.stdout) < 2**20
    unpack(io.BytesIO(done.stdout), tmp_path / "copy")
    for name in ("sparse", "then"):
        assert (tmp_path / "copy" / name).read_bytes() == (tmp_path / "layer" / name).read_bytes()


def test_no_tar(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="not a readable tar stream"):
        unpack(io.BytesIO(b"nonsense" * 200), tmp_path)
