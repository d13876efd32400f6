from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from portable_dagger.errors import ArchiveError
from portable_dagger.images.archive import Packable, pack, read_archive
from portable_dagger.images.compression import Compression
from portable_dagger.images.config import ImageConfig
from portable_dagger.images.layers import pack_layer
from portable_dagger.images.packing import layer_digest
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="layers have owners: needs root")

CONFIG = ImageConfig(env=(("E", "1"),), cmd=("c",), annotations=(("my.note", "n1"),))


def add_layer(store: Store, name: str, text: str) -> str:
    stage = store.stage()
    (stage.root / name).write_text(text)
    os.utime(stage.root / name, (1, 1))
    digest = layer_digest(stage.root)
    stage.commit(digest)
    return digest


def image(store: Store, platform: str = "linux/amd64", text: str = "x") -> Packable:
    return Packable(platform, CONFIG, Snapshot((add_layer(store, "hello", text),)))


def blob(tar: tarfile.TarFile, digest: str) -> Any:  # noqa: ANN401  JSON
    return member(tar, f"blobs/{digest.replace(':', '/')}")


def member(tar: tarfile.TarFile, name: str) -> Any:  # noqa: ANN401  JSON
    file = tar.extractfile(name)
    assert file is not None
    return json.load(file)


def test_as_the_vectors_say(store: Store) -> None:
    path = pack(store, [image(store)])
    with tarfile.open(path) as tar:
        assert {name.partition("sha256/")[0] for name in tar.getnames()} == {
            "blobs",
            "blobs/sha256",
            "blobs/",
            "index.json",
            "manifest.json",
            "oci-layout",
        }
        entry = member(tar, "index.json")["manifests"][0]
        manifest = blob(tar, entry["digest"])
        config = blob(tar, manifest["config"]["digest"])
        docker = member(tar, "manifest.json")
        layout = tar.extractfile("oci-layout")
        assert layout is not None
        assert layout.read() == b'{"imageLayoutVersion":"1.0.0"}'
    assert (entry["annotations"], entry.get("platform")) == ({"my.note": "n1"}, None)
    assert manifest["annotations"] == {"my.note": "n1"}
    assert config["config"] == {"Env": ["E=1"], "Cmd": ["c"]}
    assert (config["os"], config["architecture"]) == ("linux", "amd64")
    assert config["rootfs"]["diff_ids"] == [
        layer_digest(store.layer_path(image(store).snapshot.layers[0]))
    ]
    assert docker[0]["Layers"] == ["blobs/" + manifest["layers"][0]["digest"].replace(":", "/")]


def test_media_types(store: Store) -> None:
    path = pack(store, [image(store)], docker=True)
    with tarfile.open(path) as tar:
        index = member(tar, "index.json")
        manifest = blob(tar, index["manifests"][0]["digest"])
    assert index["mediaType"] == "application/vnd.oci.image.index.v1+json"
    assert index["manifests"][0]["mediaType"] == manifest["mediaType"]
    assert manifest["mediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    assert manifest["config"]["mediaType"] == "application/vnd.docker.container.image.v1+json"
    assert manifest["layers"][0]["mediaType"] == "application/vnd.docker.image.rootfs.diff.tar.gzip"


def test_several_platforms(store: Store) -> None:
    path = pack(store, [image(store), image(store, "linux/arm64", "arm")])
    with tarfile.open(path) as tar:
        index = blob(tar, member(tar, "index.json")["manifests"][0]["digest"])
    architectures = [entry["platform"]["architecture"] for entry in index["manifests"]]
    assert index["mediaType"] == "application/vnd.oci.image.index.v1+json"
    assert architectures == ["amd64", "arm64"]
    found = read_archive(store, path, "linux/arm64")
    assert (store.layer_path(found.snapshot.layers[0]) / "hello").read_text() == "arm"
    with pytest.raises(ArchiveError, match="no manifest matches requested platform"):
        read_archive(store, path, "linux/s390x")


@pytest.mark.parametrize("compression", ["Gzip", "Zstd", "Uncompressed"])
def test_there_and_back(store: Store, tmp_path: Path, compression: str) -> None:
    original = image(store)
    path = pack(store, [original], compression=compression)
    other = Store(tmp_path / "other")
    assert read_archive(other, path, "linux/amd64") == original
    assert (other.layer_path(original.snapshot.layers[0]) / "hello").read_text() == "x"
    other.close()


def test_equal_images_give_equal_files(store: Store) -> None:
    first, second = pack(store, [image(store)]), pack(store, [image(store)])
    assert first.read_bytes() == second.read_bytes()


def test_unknown_compression(store: Store) -> None:
    with pytest.raises(ArchiveError, match="EStarGZ"):
        pack(store, [image(store)], compression="EStarGZ")


def docker_archive(path: Path, layer: bytes, diff_id: str) -> None:
    """Write what `docker save` writes, compressed."""
    config = {"os": "linux", "architecture": "amd64", "config": {"User": "u"}}
    config["rootfs"] = {"type": "layers", "diff_ids": [diff_id]}
    names = {"Config": "config.json", "RepoTags": ["tool:1"], "Layers": ["abc/layer.tar"]}
    files = {
        "config.json": json.dumps(config).encode(),
        "abc/layer.tar": layer,
        "manifest.json": json.dumps([names]).encode(),
    }
    with gzip.open(path, "wb") as output, tarfile.open(fileobj=output, mode="w|") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def test_docker_save(store: Store, tmp_path: Path) -> None:
    packed = pack_layer(store, add_layer(store, "f", "text"), Compression.UNCOMPRESSED)
    path = tmp_path / "saved.tar.gz"
    docker_archive(path, store.get_blob(packed.digest), packed.diff_id)
    found = read_archive(store, path, "linux/amd64", "tool:1")
    assert found == Packable("linux/amd64", ImageConfig(user="u"), Snapshot((packed.diff_id,)))
    with pytest.raises(ArchiveError, match='no image "tool:2"'):
        read_archive(store, path, "linux/amd64", "tool:2")


def test_damaged_layer(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "saved.tar.gz"
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w").close()
    docker_archive(path, empty.getvalue(), "sha256:" + "0" * 64)
    with pytest.raises(ArchiveError, match="its configuration says"):
        read_archive(store, path, "linux/amd64")
    assert list((store.root / "stages").iterdir()) == []


@pytest.mark.parametrize(
    ("data", "message"), [(b"no tar", "not a readable tar file"), (None, "neither index.json")]
)
def test_no_image(store: Store, tmp_path: Path, data: bytes | None, message: str) -> None:
    path = tmp_path / "file.tar"
    if data is None:
        tarfile.open(path, "w").close()
    else:
        path.write_bytes(data)
    with pytest.raises(ArchiveError, match=message):
        read_archive(store, path, "linux/amd64")
