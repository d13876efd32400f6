"""Between blobs of images and layers of the store, both ways; each conversion is done once and remembered."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from portable_dagger.errors import ArchiveError
from portable_dagger.images.compression import Compression, reading, writing
from portable_dagger.images.packing import DigestWriter, pack
from portable_dagger.images.unpacking import unpack
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from portable_dagger.images.layout import Layout, Manifest
    from portable_dagger.images.packing import Writer
    from portable_dagger.store.store import Store


@dataclass(frozen=True, slots=True)
class PackedLayer:
    """A layer as a blob of the store: its digest and size in bytes, and the digest of its uncompressed stream."""

    digest: str
    size: int
    diff_id: str


def snapshot_of(diff_ids: Sequence[str]) -> Snapshot:
    """Return the file system of an image's layers.

    A layer that an image has twice counts where it comes last (what it adds and removes there hides the rest), since
    overlayfs takes a directory only once.
    """
    kept = [
        diff_id for number, diff_id in enumerate(diff_ids) if diff_id not in diff_ids[number + 1 :]
    ]
    return Snapshot(tuple(kept))


def unpack_layers(store: Store, layout: Layout, manifest: Manifest, title: str = "") -> Snapshot:
    """Bring an image's layers into the store, those that it lacks; ArchiveError if one is not what it claims to be."""
    for blob, diff_id in manifest.layers:
        if not store.has_layer(diff_id):
            _unpack_layer(store, layout.blob(blob), diff_id, title)
    return snapshot_of([diff_id for _, diff_id in manifest.layers])


def _unpack_layer(store: Store, blob: Path, diff_id: str, title: str) -> None:
    with reading(blob) as stream:
        unpack_stream(store, stream, diff_id, "image", title)


def unpack_stream(
    store: Store, stream: IO[bytes], diff_id: str, kind: str = "", title: str = ""
) -> None:
    """Make an uncompressed tar stream the store's layer `diff_id`; ArchiveError if it has another digest."""
    stage = store.stage()
    try:
        stage.root.chmod(0o755)
        found = unpack(stream, stage.root)
        if found == diff_id:
            stage.commit(diff_id, kind, title)
    finally:
        stage.abort()
    if found != diff_id:
        raise ArchiveError(
            f"a layer of the image has the digest {found}, its configuration says {diff_id}",
            hint="the download or the file is damaged: get it again",
        )


def pack_layer(store: Store, layer: str, compression: Compression) -> PackedLayer:
    """Return a store layer as a blob of the store."""

    def write(output: Writer) -> None:
        pack(store.layer_path(layer), output)

    return pack_stream(store, f"packed:{layer}:{compression.value}", [layer], compression, write)


def pack_stream(
    store: Store,
    key: str,
    layers: Sequence[str],
    compression: Compression,
    write: Callable[[Writer], None],
) -> PackedLayer:
    """Return a tar stream that `write` writes as a blob of the store, remembered by the key unless it is empty.

    `layers` are those that it is made of.
    """
    kept = store.get_step(key) if key else None
    if kept is not None:
        return PackedLayer(kept["digest"], kept["size"], kept["diff_id"])
    with tempfile.TemporaryDirectory(prefix="pack-", dir=store.root) as folder:
        path = Path(folder) / "layer"
        with writing(path, compression) as output:
            stream = DigestWriter(output)
            write(stream)
        size = path.stat().st_size
        title = f"layer {layers[-1]}" if layers else "layer"
        digest = store.put_blob_file(path, move=True, kind="packed", title=title)
    if key:
        value = {"digest": digest, "size": size, "diff_id": stream.digest}
        store.put_step(key, value, layers, [digest])
    return PackedLayer(digest, size, stream.digest)
