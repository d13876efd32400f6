"""Between blobs of images and layers of the store, both ways; each conversion is done once and remembered."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.errors import ArchiveError
from portable_dagger.images.compression import Compression, reading, writing
from portable_dagger.images.packing import DigestWriter, pack
from portable_dagger.images.unpacking import unpack
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.images.layout import Layout, Manifest
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
    stage = store.stage()
    try:
        stage.root.chmod(0o755)
        with reading(blob) as stream:
            found = unpack(stream, stage.root)
        if found == diff_id:
            stage.commit(diff_id, "image", title)
    finally:
        stage.abort()
    if found != diff_id:
        raise ArchiveError(
            f"a layer of the image has the digest {found}, its configuration says {diff_id}",
            hint="the download or the file is damaged: get it again",
        )


def pack_layer(store: Store, layer: str, compression: Compression) -> PackedLayer:
    """Return a store layer as a blob of the store."""
    key = f"packed:{layer}:{compression.value}"
    kept = store.get_step(key)
    if kept is not None:
        return PackedLayer(kept["digest"], kept["size"], kept["diff_id"])
    with tempfile.TemporaryDirectory(prefix="pack-", dir=store.root) as folder:
        path = Path(folder) / "layer"
        with writing(path, compression) as output:
            stream = DigestWriter(output)
            pack(store.layer_path(layer), stream)
        size = path.stat().st_size
        digest = store.put_blob_file(path, move=True, kind="packed", title=f"layer {layer}")
    value = {"digest": digest, "size": size, "diff_id": stream.digest}
    store.put_step(key, value, [layer], [digest])
    return PackedLayer(digest, size, stream.digest)
