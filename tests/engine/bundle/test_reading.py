"""A bundle there and back; what is not whole is told; hostile files do no harm."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from portable_dagger.bundle import layout
from portable_dagger.bundle.masking import Mask
from portable_dagger.bundle.reading import Reader
from portable_dagger.errors import BundleDamagedError, BundleError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import Any

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="layers have owners: needs root")

Entries = list[tuple[tarfile.TarInfo, bytes]]


@pytest.fixture
def bundle(made: Any, tmp_path: Path) -> Path:  # noqa: ANN401  of conftest
    path = tmp_path / "step.bundle"
    made.write(path)
    return path


def entries(path: Path) -> Entries:
    with tarfile.open(path) as tar:
        return [(entry, tar.extractfile(entry).read()) for entry in tar]  # type: ignore[union-attr]


def rewrite(path: Path, changed: Iterable[tuple[tarfile.TarInfo, bytes]]) -> None:
    with tarfile.open(path, "w") as tar:
        for entry, data in changed:
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def index_of(files: Entries) -> dict[str, Any]:
    return next(json.loads(data) for entry, data in files if entry.name == "index.json")


def test_there_and_back(made: Any, bundle: Path) -> None:  # noqa: ANN401
    with Reader(bundle) as reader:
        assert reader.description == made.description
        assert reader.blob(made.description.steps[0].outcome.stdout) == b"1 failed\n"
        assert reader.image_config("service-1").cmd == ("serve", "it")
        config = reader.image_config("step-1")
        assert (config.user, config.workdir, config.env) == ("1000", "/srv", (("A", "1"),))
        assert reader.images["step-1"].image.layers == made.images[0].layers
        blobs, size = reader.verify()
        # Three layers, two outputs, two images with their configurations, description and manifest.
        assert blobs == 3 + 2 + 4 + 2
        assert size < bundle.stat().st_size
        assert reader.signatures() == ()
        layer = made.description.layers[0]
        assert len(reader.stream(layer.blob).read()) == layer.size
        with pytest.raises(BundleDamagedError, match="no image step-9"):
            reader.image_config("step-9")


@pytest.mark.parametrize("number", range(11))
def test_a_changed_blob(bundle: Path, number: int) -> None:
    files = entries(bundle)
    entry, data = files[3 + number]
    files[3 + number] = (entry, bytes([data[0] ^ 1]) + data[1:])
    rewrite(bundle, files)
    with (
        pytest.raises(BundleDamagedError, match=entry.name.rpartition("/")[2]),
        Reader(bundle) as reader,
    ):
        reader.verify()


@pytest.mark.parametrize("number", range(14))
def test_a_missing_entry(bundle: Path, number: int) -> None:
    files = entries(bundle)
    gone, _ = files.pop(number)
    rewrite(bundle, files)
    if gone.name in {layout.VERSION_FILE, layout.DOCKER_FILE}:
        return
    name = gone.name.rpartition("/")[2]
    with (
        pytest.raises(BundleError, match=name if "blobs" in gone.name else "no bundle"),
        Reader(bundle) as reader,
    ):
        reader.verify()


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.6, 0.999])
def test_a_file_cut_off(bundle: Path, part: float) -> None:
    with tarfile.open(bundle) as tar:
        last = tar.getmembers()[-1]
    os.truncate(bundle, int((last.offset_data + last.size) * part))
    with pytest.raises(BundleError) as caught, Reader(bundle) as reader:
        reader.verify()
    assert str(bundle) in caught.value.message
    assert caught.value.hint


def test_what_is_no_bundle(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for data in (b"", b"text", b"PK\x03\x04" + bytes(2000), bytes(10240)):
        path.write_bytes(data)
        with pytest.raises(BundleError, match="no bundle") as caught:
            Reader(path)
        assert caught.value.hint
    with pytest.raises(BundleError, match="cannot be read"):
        Reader(tmp_path / "missing")
    index = {"schemaVersion": 2, "manifests": []}
    rewrite(path, [(tarfile.TarInfo("index.json"), json.dumps(index).encode())])
    with pytest.raises(BundleError, match="but no bundle"):
        Reader(path)


@pytest.mark.parametrize(
    "index",
    [b"[]", b"{", b'{"manifests": 3}', b'{"manifests": [{}]}', b'{"manifests": [{"digest": [1]}]}'],
)
def test_a_strange_index(tmp_path: Path, index: bytes) -> None:
    path = tmp_path / "file"
    rewrite(path, [(tarfile.TarInfo("index.json"), index)])
    with pytest.raises(BundleDamagedError):
        Reader(path)


def test_hostile_names_and_kinds(bundle: Path, tmp_path: Path) -> None:
    files = entries(bundle)
    link = tarfile.TarInfo("blobs/sha256/" + "0" * 64)
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    hostile = [
        tarfile.TarInfo("../../escaped"),
        tarfile.TarInfo(str(tmp_path / "escaped")),
        tarfile.TarInfo("blobs/sha256/../../escaped"),
        link,
    ]
    rewrite(bundle, [*((entry, b"") for entry in hostile), *files])
    with Reader(bundle) as reader:
        reader.verify()
        with pytest.raises(BundleDamagedError, match="lacks the blob"):
            reader.blob("sha256:" + "0" * 64)
        with pytest.raises(BundleDamagedError, match="lacks the blob"):
            reader.blob("../../escaped")
    assert not list(tmp_path.rglob("escaped"))


def test_a_second_index(bundle: Path) -> None:
    files = entries(bundle)
    rewrite(bundle, [*files, files[1]])
    with pytest.raises(BundleDamagedError, match=r"index.json twice"):
        Reader(bundle)


def test_an_absurd_size(bundle: Path) -> None:
    data = bytearray(bundle.read_bytes())
    entry = tarfile.TarInfo("index.json")
    entry.size = 2**40
    at = data.index(b"index.json")
    data[at : at + 512] = entry.tobuf(tarfile.GNU_FORMAT)
    bundle.write_bytes(data)
    with pytest.raises(BundleError):
        Reader(bundle)


def test_the_index_names_another_image(bundle: Path) -> None:
    files = entries(bundle)
    value = index_of(files)
    step, service = value["manifests"][:2]
    step["digest"], service["digest"] = service["digest"], step["digest"]
    files[1] = (files[1][0], json.dumps(value).encode())
    rewrite(bundle, files)
    with Reader(bundle) as reader, pytest.raises(BundleDamagedError, match="another image"):
        reader.verify()


def test_docker_would_load_another_image(bundle: Path) -> None:
    files = entries(bundle)
    value = json.loads(files[2][1])
    for changed in ([value[0]], [value[0] | {"Layers": []}, value[1]], 3, [{}]):
        files[2] = (files[2][0], json.dumps(changed).encode())
        rewrite(bundle, files)
        with Reader(bundle) as reader, pytest.raises(BundleDamagedError, match=r"manifest.json"):
            reader.verify()


def test_a_thin_bundle(make: Callable[..., Any], tmp_path: Path) -> None:
    whole = make(Mask(()))
    first, *rest = whole.description.layers
    thin = dataclasses.replace(
        whole.description, layers=(dataclasses.replace(first, held=False), *rest)
    )
    path = tmp_path / "thin.bundle"
    dataclasses.replace(whole, description=thin).write(path)
    with Reader(path) as reader:
        assert not reader.holds(first.blob)
        assert reader.verify()[0] == 10
        assert reader.images["step-1"].image.layers == whole.images[0].layers
