"""Layers packed for bundles: with and without secrets, one or several layers as one."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from portable_dagger.bundle.layers import Packed, pack_layer, pack_tree
from portable_dagger.bundle.masking import Mask
from portable_dagger.errors import BundleError
from portable_dagger.images.packing import OPAQUE_ATTRIBUTE
from portable_dagger.images.unpacking import unpack
from portable_dagger.record.forms import forms_of
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from portable_dagger.store.store import Store

    AddLayer = Callable[[str, Callable[[Path], object]], str]

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="layers have owners: needs root")

SECRET = b"s3cr/t-value\xc3\xa4"
NONE = Mask(())


def raw(store: Store, packed: Packed) -> bytes:
    path = store.blob_path(packed.layer.blob)
    assert path.stat().st_size == packed.layer.size
    return subprocess.run(["zstd", "-dc", path], check=True, capture_output=True).stdout


def names(store: Store, packed: Packed) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(raw(store, packed))) as tar:
        return tar.getnames()


def test_once(store: Store, add_layer: AddLayer, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = add_layer("one", lambda root: (root / "file").write_text("content"))
    first = pack_layer(store, layer, NONE, "title")
    monkeypatch.setattr("portable_dagger.images.layers.pack", None)
    assert pack_layer(store, layer, NONE, "title") == first
    assert (first.layer.title, first.layer.held, first.masked) == ("title", True, ())


def test_a_layer_without_secrets_is_packed_as_ever(
    store: Store, add_layer: AddLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = add_layer("one", lambda root: (root / "file").write_text("content"))
    mask = Mask([SECRET], b"salt")
    assert pack_layer(store, layer, mask) == pack_layer(store, layer, NONE)
    monkeypatch.setattr("portable_dagger.bundle.layers.pack", None)
    assert pack_layer(store, layer, mask).masked == ()
    with pytest.raises(TypeError):
        pack_layer(store, layer, Mask([b"another"], b"salt"))
    with pytest.raises(TypeError):
        pack_layer(store, layer, Mask([SECRET]))


def plant(root: Path) -> None:
    """Put a secret wherever a layer can hold one."""
    for number, form in enumerate(sorted(forms_of(SECRET))):
        (root / f"file-{number}").write_bytes(b"before " + form + b" after " + form)
        if b"/" not in form and b"\n" not in form:
            (root / os.fsdecode(b"name-" + form)).touch()
        (root / f"link-{number}").symlink_to(os.fsdecode(b"/to/" + form))
        os.setxattr(root / f"file-{number}", "user.note", form)
    os.link(root / "file-0", root / "twin")
    (root / "large").write_bytes(b"." * (2**20 - 5) + SECRET + b"." * 100)
    (root / "innocent").write_text("content")


def test_secrets_are_nowhere(store: Store, add_layer: AddLayer, tmp_path: Path) -> None:
    layer = add_layer("planted", plant)
    mask = Mask([SECRET], b"salt")
    packed = pack_layer(store, layer, mask)
    data = raw(store, packed)
    plain = pack_layer(store, layer, NONE)
    assert len(data) == len(raw(store, plain))
    for form in forms_of(SECRET):
        assert form in raw(store, plain)
        assert form not in data
    counts = dict(packed.masked)
    assert counts["file-1"] == 3
    assert counts["large"] == 1
    assert "innocent" not in counts
    assert not any(SECRET.decode() in name for name in counts)
    assert pack_layer(store, layer, mask) == packed
    assert packed.layer.diff_id != plain.layer.diff_id
    (tmp_path / "out").mkdir()
    assert unpack(io.BytesIO(data), tmp_path / "out") == packed.layer.diff_id
    assert (tmp_path / "out/twin").stat().st_nlink == 2
    assert (tmp_path / "out/large").stat().st_size == 2**20 + 95 + len(SECRET)


def test_tree_of_several_layers(store: Store, add_layer: AddLayer, tmp_path: Path) -> None:
    def lower(root: Path) -> None:
        (root / "src/old").mkdir(parents=True)
        (root / "src/old/file").touch()
        (root / "src/gone").touch()
        (root / "src/kept").write_text("kept")
        os.chown(root / "src", 7, 8)

    def upper(root: Path) -> None:
        (root / "src/old").mkdir(parents=True)
        os.setxattr(root / "src/old", OPAQUE_ATTRIBUTE, b"y")
        os.mknod(root / "src/gone", stat.S_IFCHR, os.makedev(0, 0))
        (root / "src/new").symlink_to("kept")
        os.chown(root / "src", 7, 8)

    snapshot = Snapshot((add_layer("lower", lower), add_layer("upper", upper)))
    packed = pack_tree(store, snapshot, "/src", "/app/deep/src", NONE)
    assert names(store, packed) == [
        "app",
        "app/deep",
        "app/deep/src",
        "app/deep/src/.wh..wh..opq",
        "app/deep/src/kept",
        "app/deep/src/new",
        "app/deep/src/old",
    ]
    (tmp_path / "out").mkdir()
    unpack(io.BytesIO(raw(store, packed)), tmp_path / "out")
    top = tmp_path / "out/app/deep/src"
    assert os.getxattr(top, OPAQUE_ATTRIBUTE) == b"y"
    assert (top.stat().st_uid, top.stat().st_gid) == (7, 8)
    assert (top / "kept").read_text() == "kept"
    assert pack_tree(store, snapshot, "/src", "/app/deep/src/", NONE) == packed


def test_tree_of_a_file(store: Store, add_layer: AddLayer) -> None:
    snapshot = Snapshot((add_layer("one", lambda root: (root / "a.txt").write_text("x")),))
    assert names(store, pack_tree(store, snapshot, "/a.txt", "/etc/b.txt", NONE)) == [
        "etc",
        "etc/b.txt",
    ]
    masked = pack_tree(store, snapshot, "/a.txt", "/etc/b.txt", Mask([b"b.txt"]))
    assert names(store, masked) == ["etc", "etc/*****"]


def test_folders_on_the_way_stay_as_they_are(store: Store, add_layer: AddLayer) -> None:
    def base(root: Path) -> None:
        (root / "shared").mkdir()
        (root / "shared").chmod(0o1777)
        os.chown(root / "shared", 5, 6)

    below = Snapshot((add_layer("base", base),))
    snapshot = Snapshot((add_layer("one", lambda root: (root / "f").touch()),))
    packed = pack_tree(store, snapshot, "/", "/shared/new/src", NONE, below=below)
    with tarfile.open(fileobj=io.BytesIO(raw(store, packed))) as tar:
        found = [(entry.name, entry.mode, entry.uid, entry.gid) for entry in tar][:3]
    assert found == [
        ("shared", 0o1777, 5, 6),
        ("shared/new", 0o755, 0, 0),
        ("shared/new/src", 0o755, 0, 0),
    ]


def test_an_empty_directory(store: Store) -> None:
    packed = pack_tree(store, Snapshot(), "/", "/data", NONE)
    assert names(store, packed) == ["data", "data/.wh..wh..opq"]
    with pytest.raises(BundleError, match="no /missing"):
        pack_tree(store, Snapshot(), "/missing", "/data", NONE)
