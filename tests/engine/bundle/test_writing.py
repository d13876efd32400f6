"""The file: the same each time, whole or not there, readable by others, and without a secret in any byte of it."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from portable_dagger.bundle.label import LABEL
from portable_dagger.bundle.layers import pack_layer
from portable_dagger.bundle.masking import Mask
from portable_dagger.bundle.reading import Reader
from portable_dagger.errors import BundleError
from portable_dagger.images.archive import read_archive
from portable_dagger.record.forms import forms_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from portable_dagger.store.store import Store

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="layers have owners: needs root")

SECRET = b"s3cr/t-value\xc3\xa4"
ZSTD = b"\x28\xb5\x2f\xfd"


def test_index_for_other_tools(made: Any, tmp_path: Path) -> None:  # noqa: ANN401  of conftest
    digest = made.write(tmp_path / "one.bundle")
    assert made.write(tmp_path / "two.bundle") == digest
    assert (tmp_path / "one.bundle").read_bytes() == (tmp_path / "two.bundle").read_bytes()
    with tarfile.open(tmp_path / "one.bundle") as tar:
        file = tar.extractfile("index.json")
        assert file is not None
        manifests = json.load(file)["manifests"]
    named = [entry["annotations"]["org.opencontainers.image.ref.name"] for entry in manifests]
    assert named == ["step-1", "service-1", "bundle"]
    assert manifests[2]["digest"] == digest
    assert manifests[2]["artifactType"] == "application/vnd.portable-ci.bundle.v1"
    assert sorted(path.name for path in tmp_path.glob("*bundle*")) == ["one.bundle", "two.bundle"]


@pytest.mark.parametrize("tag", ["step-1", ""])
def test_an_engine_imports_a_step(
    made: Any,  # noqa: ANN401
    other: Store,
    tmp_path: Path,
    tag: str,
) -> None:
    made.write(tmp_path / "step.bundle")
    found = read_archive(other, tmp_path / "step.bundle", "linux/amd64", tag)
    assert found.snapshot.layers == made.images[0].layers
    assert json.loads(dict(found.config.labels)[LABEL])["name"] == "pytest"


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="needs skopeo")
@pytest.mark.parametrize("name", ["step-1", "service-1", "bundle"])
def test_skopeo_copies_it(made: Any, tmp_path: Path, name: str) -> None:  # noqa: ANN401
    made.write(tmp_path / "step.bundle")
    source, target = f"oci-archive:{tmp_path}/step.bundle:{name}", f"oci:{tmp_path}/copy:{name}"
    subprocess.run(["skopeo", "copy", source, target], check=True, capture_output=True)


def test_a_failed_write_leaves_nothing(made: Any, tmp_path: Path) -> None:  # noqa: ANN401
    path = tmp_path / "folder" / "step.bundle"
    path.parent.mkdir()
    path.write_text("older")
    made.store.blob_path(made.description.layers[0].blob).unlink()
    with pytest.raises(BundleError, match="the store lacks the blob"):
        made.write(path)
    assert [(found.name, found.read_text()) for found in path.parent.iterdir()] == [
        ("step.bundle", "older")
    ]


def test_images_that_are_not_described(made: Any, tmp_path: Path) -> None:  # noqa: ANN401
    with pytest.raises(BundleError, match="steps and services: service-1"):
        dataclasses.replace(made, images=made.images[:1]).write(tmp_path / "step.bundle")


def decompressed(path: Path) -> bytes:
    """Return every byte of a bundle: of its tar, and of its layers."""
    found = [path.read_bytes()]
    with Reader(path) as reader:
        for layer in reader.description.layers:
            data = reader.blob(layer.blob)
            assert data.startswith(ZSTD)
            command = ["zstd", "-dc"]
            found.append(
                subprocess.run(command, input=data, check=True, capture_output=True).stdout
            )
    return b"\n".join(found)


def test_no_secret_in_any_byte(
    store: Store,
    make: Callable[..., Any],
    add_layer: Callable[[str, Callable[[Path], object]], str],
    tmp_path: Path,
) -> None:
    def plant(root: Path) -> None:
        for number, form in enumerate(sorted(forms_of(SECRET))):
            (root / f"file-{number}").write_bytes(b"before " + form + b" after")
            (root / f"link-{number}").symlink_to(os.fsdecode(b"to " + form))
            (root / os.fsdecode(b"name-" + form)).mkdir(parents=True, exist_ok=True)
            os.setxattr(root / f"file-{number}", "user.note", form)

    layer = add_layer("planted", plant)
    for mask, found in ((Mask([]), True), (Mask([SECRET], b"salt"), False)):
        whole = make(mask, SECRET.decode())
        planted = pack_layer(store, layer, mask).layer
        first, second = whole.images
        images = (dataclasses.replace(first, layers=(*first.layers, planted.diff_id)), second)
        layers = (*whole.description.layers, planted)
        path = tmp_path / f"{found}.bundle"
        dataclasses.replace(
            whole,
            images=images,
            description=dataclasses.replace(whole.description, layers=layers),
        ).write(path)
        data = decompressed(path)
        assert [form for form in forms_of(SECRET) if (form in data) != found] == []
