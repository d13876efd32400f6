"""A cache file brought into another store: all of it as it was, beside what is there, or none of it."""

from __future__ import annotations

import io
import json
import os
import stat
import tarfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from portable_dagger.bundle.layout import Document as Blob
from portable_dagger.cache_file import reading
from portable_dagger.cache_file.document import MEDIA_TYPE
from portable_dagger.cache_file.loading import load
from portable_dagger.cache_file.saving import Order, save
from portable_dagger.errors import CacheFileError, DiskFullError, StoreError
from portable_dagger.images.layout import digest_of
from portable_dagger.images.packing import OPAQUE_ATTRIBUTE, is_whiteout
from portable_dagger.store.content import content_digest, read_digest
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.store import Store

from .conftest import BASE, TOP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GB = 10**9

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="layers have owners and devices: needs root"
)


@pytest.fixture
def file(kept: Store, tmp_path: Path) -> Path:
    save(kept, Order(tmp_path / "file", GB))
    return tmp_path / "file"


def blob_of(path: Path, digest: str) -> str:
    """Return the name in the tar of a layer's blob."""
    with reading.Reader(path) as reader:
        (found,) = (each for each in reader.document.layers if each.digest == digest)
    return f"blobs/{found.folder.blob.replace(':', '/')}"


def altered(path: Path, name: str, change: Callable[[bytearray, int, int], None]) -> None:
    """Change bytes of the file, given where an entry's content is."""
    data = bytearray(path.read_bytes())
    with tarfile.open(path) as tar:
        member = tar.getmember(name)
    change(data, member.offset_data, member.size)
    path.write_bytes(data)


def test_all_is_as_it_was(kept: Store, other: Store, file: Path) -> None:
    done = load(other, file)
    assert (done.new_steps, done.new_layers) == (2, 2)
    root = other.layer_path(TOP)
    assert is_whiteout((root / "gone").lstat())
    assert os.getxattr(root / "new", OPAQUE_ATTRIBUTE) == b"y"
    assert os.getxattr(root / "new/file", "user.note") == b"\xff\x00"
    assert (root / "bin/tool").stat().st_ino == (root / "bin/twin").stat().st_ino
    assert stat.S_IMODE((root / "bin/tool").stat().st_mode) == 0o4755
    assert (root / "new/file").stat().st_gid == 1001
    assert (root / "bin/link").lstat().st_uid == 7
    assert stat.S_IMODE(root.stat().st_mode) == 0o750
    whole = Snapshot((BASE, TOP))
    assert read_digest(other, whole) == read_digest(kept, whole)
    assert other.get_step("top") == kept.get_step("top")
    assert other.get_step("of a function") is None
    output = other.index.step("top")
    assert output is not None
    assert other.get_blob(output[2][0]) == b"printed"
    assert other.facts.kind("layer", TOP) == "exec"


def test_digests_of_content_come_along(kept: Store, other: Store, tmp_path: Path) -> None:
    digest = content_digest(kept, Snapshot((BASE, TOP)))
    kept.index.put_content("sha256:of something else:/", "sha256:x")
    kept.origins.record(TOP, ["made so"], [BASE])
    save(kept, Order(tmp_path / "file", GB))
    load(other, tmp_path / "file")
    assert other.index.content(f"{Snapshot((BASE, TOP)).digest}:/") == digest
    assert other.index.content("sha256:of something else:/") is None
    assert other.origins.find(kept.origins.of(TOP)) == TOP


def test_what_was_loaded_can_be_saved_again(other: Store, file: Path, tmp_path: Path) -> None:
    load(other, file)
    done = save(other, Order(tmp_path / "again", GB))
    assert (done.steps, done.layers) == (2, 2)


def test_what_is_there_stays(other: Store, file: Path) -> None:
    stage = other.stage()
    (stage.root / "mine").touch()
    stage.commit(TOP, "exec", "mine")
    other.put_step("top", {"root": [TOP]}, [TOP])
    other.put_step("base", {"root": ["sha256:gone"]}, ["sha256:gone"])
    other.volume_path("mod(ci)|wheels|SHARED||")
    done = load(other, file)
    assert (done.new_steps, done.new_layers) == (1, 1)
    assert (other.layer_path(TOP) / "mine").exists()
    assert other.get_step("top") == {"root": [TOP]}
    assert other.get_step("base") == {"root": [BASE]}  # its own files were gone
    assert load(other, file).new_steps == 0


def test_times_of_use_come_along(kept: Store, other: Store, file: Path) -> None:
    load(other, file)
    query = "SELECT key, used FROM steps WHERE portable ORDER BY key"
    with kept.index.cursor() as ours, other.index.cursor() as theirs:
        assert list(ours.execute(query)) == list(theirs.execute(query))


def test_two_at_once(kept: Store, other: Store, file: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(load, other, file), pool.submit(load, other, file)]
        assert {done.result().steps for done in both} == {2}
    assert other.get_step("top") == kept.get_step("top")
    assert list((other.root / "stages").iterdir()) == []


def _flip(data: bytearray, start: int, size: int) -> None:
    data[start + size // 2] ^= 0x10


@pytest.mark.parametrize("digest", [BASE, TOP])
def test_a_damaged_layer_is_refused(other: Store, file: Path, digest: str) -> None:
    altered(file, blob_of(file, digest), _flip)
    with pytest.raises(CacheFileError, match=r"cannot be unpacked|has the digest"):
        load(other, file)
    nothing_counts(other)


def nothing_counts(store: Store) -> None:
    """See that no step came in, and that nothing is half done."""
    assert store.get_step("base") is None
    assert store.get_step("top") is None
    assert list((store.root / "stages").iterdir()) == []
    assert list(store.root.glob("pack-*")) == []


def test_a_damaged_output_is_refused(other: Store, file: Path) -> None:
    name = f"blobs/{digest_of(b'printed').replace(':', '/')}"
    altered(file, name, _flip)
    with pytest.raises(CacheFileError, match="does not have that digest"):
        load(other, file)
    nothing_counts(other)


@pytest.mark.parametrize("name", ["index.json", "the document"])
def test_a_damaged_index_is_refused(other: Store, file: Path, name: str) -> None:
    if name != "index.json":
        with tarfile.open(file) as tar:
            sizes = {m.name: tar.extractfile(m).read(10) for m in tar}  # type: ignore[union-attr]
        name = next(each for each, start in sizes.items() if start == b'{"contents')
    altered(file, name, _flip)
    with pytest.raises(CacheFileError):
        load(other, file)
    nothing_counts(other)


@pytest.mark.parametrize("part", [0, 0.1, 0.5, 0.9, 0.99])
def test_a_file_that_is_cut_off_is_refused(other: Store, file: Path, part: float) -> None:
    data = file.read_bytes().rstrip(b"\0")
    file.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(CacheFileError):
        load(other, file)
    nothing_counts(other)


def test_something_else_is_refused(other: Store, tmp_path: Path) -> None:
    with pytest.raises(CacheFileError, match="there is no file"):
        load(other, tmp_path / "none")
    (tmp_path / "text").write_text("text")
    with pytest.raises(CacheFileError, match="holds no saved cache"):
        load(other, tmp_path / "text")
    with tarfile.open(tmp_path / "bundle", "w") as tar:
        for name in ("oci-layout", "index.json"):
            data = b'{"manifests": [{"artifactType": "application/vnd.portable-ci.bundle.v1"}]}'
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    with pytest.raises(CacheFileError, match="is something else than a saved cache"):
        load(other, tmp_path / "bundle")


def forged(path: Path, change: Callable[[dict[str, Any]], object], *blobs: bytes) -> None:
    """Write the file again with another document, all digests being right."""
    with tarfile.open(path) as tar:
        held = {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]
    document = next(data for data in held.values() if data.startswith(b'{"contents'))
    value = json.loads(document)
    change(value)
    described = Blob(MEDIA_TYPE, json.dumps(value).encode())
    named = reading.manifest(described, [])
    for data in (described.data, named.data, *blobs):
        held[f"blobs/{digest_of(data).replace(':', '/')}"] = data
    held["index.json"] = reading.index(named)
    with tarfile.open(path, "w") as tar:
        for name, data in held.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def packed(*entries: tarfile.TarInfo) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for each in entries:
            tar.addfile(each, io.BytesIO(b"x" * each.size))
    return output.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    for field, value in fields.items():
        setattr(info, field, value)
    return info


@pytest.mark.parametrize(
    ("hostile", "said"),
    [
        (entry("../../outside", size=1), "outside itself"),
        (entry("link", tarfile.LNKTYPE, linkname="../../outside"), "outside itself"),
        (entry("null", tarfile.CHRTYPE, devmajor=1, devminor=3), "device node"),
        (entry("disk", tarfile.BLKTYPE, devmajor=8, devminor=0), "device node"),
        (entry("hole", pax_headers={"GNU.sparse.size": "9", "GNU.sparse.map": "0,0"}), "sparse"),
    ],
)
def test_a_hostile_layer_is_refused(
    other: Store, file: Path, hostile: tarfile.TarInfo, said: str, zstd: Callable[[bytes], bytes]
) -> None:
    stream = packed(hostile)
    blob = zstd(stream)

    def change(value: dict[str, Any]) -> None:
        folder = value["layers"][0]["folder"]
        folder.update(diff_id=digest_of(stream), blob=digest_of(blob))
        folder.update(size=len(blob), unpacked=len(stream))

    forged(file, change, blob)
    with pytest.raises(CacheFileError, match=said):
        load(other, file)
    nothing_counts(other)


@pytest.mark.parametrize("place", ["layers", "volumes"])
def test_what_gives_more_than_the_file_says_is_refused(
    kept: Store, other: Store, file: Path, place: str, zstd: Callable[[bytes], bytes]
) -> None:
    (kept.volume_path("mod(ci)|wheels|SHARED||") / "wheel").touch()
    save(kept, Order(file, GB, volumes=("wheels",)))
    stream = packed(*(entry(f"{number}", size=10_000_000) for number in range(10)))
    blob = zstd(stream)

    def change(value: dict[str, Any]) -> None:
        folder = value[place][0]["folder"]
        folder.update(diff_id=digest_of(stream), blob=digest_of(blob))
        folder.update(size=len(blob), unpacked=15_000_000)

    forged(file, change, blob)
    with pytest.raises(CacheFileError, match=r"more than the 15\.0 MB that the file says"):
        load(other, file)
    nothing_counts(other)
    assert other.volumes() == {}
    assert list((other.root / "trash").iterdir()) == []


def test_what_the_disk_has_no_room_for_is_refused_at_once(other: Store, file: Path) -> None:
    other.floor = 3_000_000

    def change(value: dict[str, Any]) -> None:
        for layer in value["layers"]:
            layer["folder"]["unpacked"] = 1 << 50

    forged(file, change)
    with pytest.raises(
        DiskFullError, match=r"wants 2251\.8 TB .* [\d.]+ .?B are free, of which 3\.0 MB stay free"
    ):
        load(other, file)
    assert other.layers == []
    nothing_counts(other)


def test_unpacking_ends_at_the_floor(other: Store, file: Path) -> None:
    def change(value: dict[str, Any]) -> None:
        steps = [step for step in value["steps"] if step["key"] == "base"]
        value.update(steps=steps, layers=value["layers"][:1], outputs=[])

    def others_fill_the_disk() -> None:
        if any((other.root / "stages").iterdir()):
            other.floor = 1 << 60

    forged(file, change)
    with pytest.raises(DiskFullError, match="nearly full"):
        load(other, file, check=others_fill_the_disk)
    nothing_counts(other)
    assert other.layers == []


def test_what_is_there_needs_no_room(other: Store, file: Path) -> None:
    load(other, file)

    def change(value: dict[str, Any]) -> None:
        value["layers"][0]["folder"]["unpacked"] = 1 << 60

    forged(file, change)
    assert load(other, file).new_layers == 0


def test_a_layer_that_is_named_by_its_content_must_have_it(other: Store, file: Path) -> None:
    forged(file, lambda value: value["layers"][0].update(kind="stand-in"))
    with pytest.raises(CacheFileError, match="has something else under the name"):
        load(other, file)
    nothing_counts(other)


def test_breaking_off_leaves_no_step(other: Store, file: Path, tmp_path: Path) -> None:
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise StoreError("it was interrupted")

    with pytest.raises(StoreError, match="interrupted"):
        load(other, file, check=check)
    nothing_counts(other)
    other.close()
    opened = Store(tmp_path / "other")
    assert load(opened, file).new_steps == 2
    opened.close()
