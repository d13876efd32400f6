"""Layers of a bundle on another machine."""

from __future__ import annotations

import dataclasses
import io
import os
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from portable_dagger.bundle.masking import Mask
from portable_dagger.bundle.reading import Reader
from portable_dagger.bundle.unpacking import unpack, unpack_all
from portable_dagger.errors import BundleDamagedError, BundleError, DiskFullError
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.store import Store
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="layers have owners: needs root")


def test_all(made: Any, other: Store, tmp_path: Path) -> None:  # noqa: ANN401  of conftest
    made.write(tmp_path / "step.bundle")
    with Reader(tmp_path / "step.bundle") as reader:
        layers = reader.images["step-1"].image.layers
        unpack_all(reader, other, [*layers, *layers])
        unpack(reader, other, layers[0])
        with pytest.raises(BundleError, match="does not describe"):
            unpack(reader, other, "sha256:0")
    tree = Tree(other.layer_paths(Snapshot(layers)))
    assert tree.read_bytes("/etc/name") == b"base"
    assert tree.read_bytes("/srv/src/test_it.py") == b"text"
    work = tree.lookup("/srv")
    assert work is not None
    assert work.stat.st_mode & 0o777 == 0o700
    assert len(other.layers) == 3


def damage(made: Any, blob: bytes) -> Any:  # noqa: ANN401
    """Give a layer another blob."""
    first, *rest = made.description.layers
    wrong = dataclasses.replace(first, blob=made.store.put_blob(blob), size=len(blob))
    description = dataclasses.replace(made.description, layers=(wrong, *rest))
    return dataclasses.replace(made, description=description)


@pytest.mark.parametrize("name", ["a" * 300, "a/" * 3000])
def test_a_layer_with_names_that_are_too_long(
    made: Any,  # noqa: ANN401
    other: Store,
    tmp_path: Path,
    name: str,
) -> None:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(tarfile.TarInfo(name))
    packed = subprocess.run(
        ["zstd", "-c"], input=output.getvalue(), capture_output=True, check=True
    )
    damage(made, packed.stdout).write(tmp_path / "step.bundle")
    with (
        Reader(tmp_path / "step.bundle") as reader,
        pytest.raises(BundleDamagedError, match="cannot be unpacked: "),
    ):
        unpack(reader, other, made.description.layers[0].diff_id)
    assert other.layers == []


@pytest.mark.parametrize("kind", ["other", "no tar", "no zstd", "cut"])
def test_a_layer_that_is_another(
    made: Any,  # noqa: ANN401
    other: Store,
    tmp_path: Path,
    kind: str,
) -> None:
    layers = made.description.layers
    whole = made.store.get_blob(layers[1].blob)
    zstd = subprocess.run(["zstd", "-c"], input=b"text" * 99, capture_output=True, check=True)
    blobs = {"other": whole, "no tar": zstd.stdout, "no zstd": b"text", "cut": whole[:-20]}
    damage(made, blobs[kind]).write(tmp_path / "step.bundle")
    with (
        Reader(tmp_path / "step.bundle") as reader,
        pytest.raises(BundleDamagedError, match=layers[0].diff_id),
    ):
        unpack_all(reader, other, [layer.diff_id for layer in layers])
    assert not other.has_layer(layers[0].diff_id)
    assert not list((other.root / "stages").iterdir())


def test_a_layer_that_fills_the_disk_is_told(make: Callable[..., Any], tmp_path: Path) -> None:
    make(Mask(()), text="text" * 2**12).write(tmp_path / "step.bundle")
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4M", "none", small], check=True)
    try:
        full = Store(small / "store")
        with Reader(tmp_path / "step.bundle") as reader:
            layers = reader.images["step-1"].image.layers
            with pytest.raises(DiskFullError):
                unpack(reader, full, layers[1])
        assert full.layers == []
        full.close()
    finally:
        subprocess.run(["umount", small], check=True)
