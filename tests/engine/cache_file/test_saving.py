"""What goes into a cache file, and what does not, with real stores and real files."""

from __future__ import annotations

import os
import stat
import tarfile
import time
from typing import TYPE_CHECKING

import pytest

from portable_dagger.cache_file.loading import load
from portable_dagger.cache_file.reading import Reader
from portable_dagger.cache_file.saving import Order, save
from portable_dagger.errors import CacheFileError, StoreError

from .conftest import BASE, TOP

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.store.store import Store

    from .conftest import AddLayer

GB = 10**9

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="layers have owners and devices: needs root"
)
NEW = "sha256:" + "d" * 64


def keys(path: Path) -> list[str]:
    with Reader(path) as reader:
        return [step.key for step in reader.document.steps]


def test_what_may_be_saved_is(kept: Store, tmp_path: Path) -> None:
    done = save(kept, Order(tmp_path / "file", GB))
    assert (done.steps, done.layers, done.left_out) == (2, 2, ())
    assert done.size == (tmp_path / "file").stat().st_size
    assert keys(tmp_path / "file") == ["base", "top"]
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o644
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "store"]


def test_what_a_secret_went_into_is_not_saved(
    kept: Store, add_layer: AddLayer, tmp_path: Path
) -> None:
    add_layer(NEW, lambda root: (root / "token").write_text("secret"), private=True)
    kept.put_step("on it", {"root": [BASE, NEW]}, [BASE, NEW], portable=True)
    save(kept, Order(tmp_path / "file", GB))
    assert keys(tmp_path / "file") == ["base", "top"]
    with tarfile.open(tmp_path / "file") as tar:
        blobs = [name for name in tar.getnames() if name.startswith("blobs/")]
    assert len(blobs) == 5  # two layers, an output, the document, the manifest


def test_what_does_not_fit_is_left_out_and_what_was_used_last_goes_in(
    kept: Store, add_layer: AddLayer, tmp_path: Path
) -> None:
    add_layer(NEW, lambda root: (root / "big").write_bytes(os.urandom(100_000)))
    kept.put_step("big", {"root": [BASE, NEW]}, [BASE, NEW], portable=True)
    done = save(kept, Order(tmp_path / "file", 50_000))
    assert keys(tmp_path / "file") == ["base", "top"]
    assert len(done.left_out) == 1
    assert "does not fit into 50.0 kB" in done.left_out[0].replace("K", "k")
    kept.put_step("big", {"root": [NEW]}, [NEW], portable=True)
    save(kept, Order(tmp_path / "file", 102_000))
    assert keys(tmp_path / "file") == ["big"]
    assert (tmp_path / "file").stat().st_size < 120_000
    assert list(kept.root.glob("pack-*")) == []


def test_what_was_not_used_for_long_is_left_out(kept: Store, tmp_path: Path) -> None:
    save(kept, Order(tmp_path / "file", GB, since=time.time() + 60))
    assert keys(tmp_path / "file") == []


def test_layers_with_devices_are_left_out(kept: Store, add_layer: AddLayer, tmp_path: Path) -> None:
    add_layer(NEW, lambda root: os.mknod(root / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3)))
    kept.put_step("device", {"root": [NEW]}, [NEW], portable=True)
    done = save(kept, Order(tmp_path / "file", GB))
    assert keys(tmp_path / "file") == ["base", "top"]
    assert "has device nodes" in done.left_out[0]


def test_a_file_that_is_replaced_gives_its_layers(kept: Store, tmp_path: Path) -> None:
    path = tmp_path / "file"
    save(kept, Order(path, GB))
    first = path.read_bytes()
    # What lies in the store is not read again: it would be packed otherwise now.
    (kept.layer_path(TOP) / "more").write_text("more")
    save(kept, Order(path, GB))
    with Reader(path) as reader:
        again = {layer.digest: layer.folder.blob for layer in reader.document.layers}
    path.write_bytes(first)
    with Reader(path) as reader:
        assert again == {layer.digest: layer.folder.blob for layer in reader.document.layers}


def test_a_damaged_file_that_is_replaced_gives_nothing(
    kept: Store, other: Store, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    save(kept, Order(path, GB))
    with Reader(path) as reader:
        blob = reader.document.layers[0].folder.blob
    data = bytearray(path.read_bytes())
    with tarfile.open(path) as tar:
        data[tar.getmember(f"blobs/{blob.replace(':', '/')}").offset_data + 20] ^= 1
    path.write_bytes(data)
    save(kept, Order(path, GB))
    assert load(other, path).new_steps == 2


def test_cache_volumes_go_in_when_they_are_named(kept: Store, other: Store, tmp_path: Path) -> None:
    for name in ("wheels", "tokens"):
        volume = kept.volume_path(f"mod(ci)|{name}|SHARED||", f"{name} of mod(ci)")
        (volume / name).write_text(name)
    volume.chmod(0o700)
    path = tmp_path / "file"
    done = save(kept, Order(path, GB, volumes=("whe*", "none")))
    assert (done.volumes, done.left_out) == (1, ("no cache volume is named none",))
    assert load(other, path).new_volumes == 1
    ((key, place),) = other.volumes().items()
    assert key == "mod(ci)|wheels|SHARED||"
    assert (place / "wheels").read_text() == "wheels"
    done = save(kept, Order(path, GB, volumes=("*",)), busy=lambda key: "tokens" in key)
    assert (done.volumes, done.left_out) == (1, ("cache volume tokens of mod(ci) is in use",))


def test_breaking_off_leaves_the_old_file(kept: Store, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def check() -> None:
        raise StoreError("it was interrupted")

    with pytest.raises(StoreError, match="interrupted"):
        save(kept, Order(path, GB), check=check)
    assert path.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "store"]
    assert list(kept.root.glob("pack-*")) == []


def test_a_place_that_cannot_be_written_is_named(kept: Store, tmp_path: Path) -> None:
    with pytest.raises(CacheFileError, match=r"no cache can be saved as .*none/file: No such file"):
        save(kept, Order(tmp_path / "none/file", GB))
