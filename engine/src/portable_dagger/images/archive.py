"""Images as files: OCI layouts that skopeo and docker read, and the tar files made of them.

What goes into index, manifest and configuration is what the Dagger engine writes (vectors container/as-tarball-*,
image-config, image-annotations, multi-platform): one image is named by the index with its annotations and without a
platform; several are behind an index of their own.
"""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from portable_dagger.errors import ArchiveError
from portable_dagger.graph.steps import step_key
from portable_dagger.images import layout as oci
from portable_dagger.images import platform as platforms
from portable_dagger.images.compression import Compression, compression_named, reading
from portable_dagger.images.config import ImageConfig
from portable_dagger.images.layers import PackedLayer, pack_layer, unpack_layers
from portable_dagger.images.layout import Descriptor, Layout, digest_of
from portable_dagger.store.content import content_digest
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.store.store import Store

_LAYOUT_VERSION = '{"imageLayoutVersion":"1.0.0"}'
_IMAGE_NAMES = (oci.REFERENCE_NAME, "io.containerd.image.name")


@dataclass(frozen=True, slots=True)
class Packable:
    """An image of one platform, as the store has it; the platform is a text such as `linux/amd64`."""

    platform: str
    config: ImageConfig
    snapshot: Snapshot


def write_layout(
    store: Store,
    images: Sequence[Packable],
    folder: Path,
    *,
    compression: str = "Gzip",
    docker: bool = False,
) -> Descriptor:
    """Write images of several platforms as an OCI layout into a new folder; return what names them all.

    `compression` is a name of Dagger's ImageLayerCompression; `docker` chooses Docker's media types. ArchiveError if
    the compression is not to be had.
    """
    method = compression_named(compression)
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    written = [_write_image(store, image, blobs, method, docker=docker) for image in images]
    root = written[0][0]
    if len(images) > 1:
        entries = [
            Descriptor(entry.media_type, entry.digest, entry.size, platforms.parse(image.platform))
            for (entry, _), image in zip(written, images, strict=True)
        ]
        media_type = oci.DOCKER_INDEX if docker else oci.OCI_INDEX
        root = _write_json(blobs, media_type, _index(entries, media_type))
    (folder / "index.json").write_bytes(_encode(_index([root], oci.OCI_INDEX)))
    (folder / "manifest.json").write_bytes(_encode([written[0][1]]))
    (folder / "oci-layout").write_text(_LAYOUT_VERSION)
    return root


def write_archive(folder: Path, output: IO[bytes]) -> None:
    """Write a layout as a tar file; equal layouts give equal files."""
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            info = tarfile.TarInfo(str(path.relative_to(folder)))
            if path.is_dir():
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(info)
            else:
                info.mode, info.size = 0o644, path.stat().st_size
                with path.open("rb") as file:
                    tar.addfile(info, file)


def pack(
    store: Store,
    images: Sequence[Packable],
    *,
    compression: str = "Gzip",
    docker: bool = False,
) -> Path:
    """Write images of several platforms into a new tar file, which the caller deletes; return its path."""
    with tempfile.TemporaryDirectory(prefix="pack-", dir=store.root) as scratch:
        folder = Path(scratch) / "layout"
        write_layout(store, images, folder, compression=compression, docker=docker)
        handle, name = tempfile.mkstemp(prefix="image-", suffix=".tar", dir=store.root)
        with os.fdopen(handle, "wb") as output:
            write_archive(folder, output)
    return Path(name)


def unpack(store: Store, root: Snapshot, path: str, tag: str, platform: str) -> Packable:
    """Bring the image of a tar file, `path` in a snapshot, into the store, once a content; see read_archive."""
    entry = Tree(store.layer_paths(root)).lookup(path)
    if entry is None:
        raise ArchiveError(f"there is no file {path} to import an image from")
    key = step_key("import-image", [content_digest(store, root, path), tag, platform])
    kept = store.get_step(key)
    if kept is not None:
        config = ImageConfig.from_json(kept["config"], kept["annotations"])
        return Packable(kept["platform"], config, Snapshot(tuple(kept["layers"])))
    found = read_archive(store, entry.source, platform, tag)
    layers = list(found.snapshot.layers)
    value = {
        "platform": found.platform,
        "config": found.config.to_json(),
        "annotations": dict(found.config.annotations),
        "layers": layers,
    }
    store.put_step(key, value, layers)
    return found


def read_archive(store: Store, path: Path, platform: str, tag: str = "") -> Packable:
    """Bring the image of a tar file (OCI layout or `docker save`, maybe compressed) into the store.

    `tag` chooses among several by their name in the archive; "" is the first. ArchiveError if it holds no such image.
    """
    with tempfile.TemporaryDirectory(prefix="import-", dir=store.root) as scratch:
        folder = Path(scratch)
        _extract(path, folder)
        layout = Layout(folder)
        if (folder / "index.json").is_file():
            found = layout.manifest(_pick(layout.index(), tag), platforms.parse(platform))
        elif (folder / "manifest.json").is_file():
            found = _adopt_docker_archive(layout, tag)
        else:
            raise ArchiveError(
                f"{path.name} is no image: it has neither index.json nor manifest.json",
                hint="give a file that `docker save`, `skopeo copy` or Container.asTarball wrote",
            )
        return Packable(str(found.platform), found.config, unpack_layers(store, layout, found))


def _write_image(
    store: Store,
    image: Packable,
    blobs: Path,
    compression: Compression,
    *,
    docker: bool,
) -> tuple[Descriptor, dict[str, Any]]:
    """Write one image's blobs; return its descriptor and its entry in docker's manifest.json."""
    layers = [pack_layer(store, layer, compression) for layer in image.snapshot.layers]
    for layer in layers:
        _place(store.blob_path(layer.digest), blobs / layer.digest.partition(":")[2])
    config = _write_json(
        blobs,
        oci.DOCKER_CONFIG if docker else oci.OCI_CONFIG,
        {
            **platforms.parse(image.platform).to_json(),
            "config": image.config.to_json(),
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        },
    )
    media_type = oci.DOCKER_MANIFEST if docker else oci.OCI_MANIFEST
    value: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": config.to_json(),
        "layers": [_layer_entry(layer, compression, docker=docker) for layer in layers],
    }
    annotations = dict(sorted(image.config.annotations))
    if annotations:
        value["annotations"] = annotations
    written = _write_json(blobs, media_type, value)
    entry = Descriptor(media_type, written.digest, written.size, annotations=annotations)
    paths = [f"blobs/{layer.digest.replace(':', '/')}" for layer in layers]
    config_path = f"blobs/{config.digest.replace(':', '/')}"
    return entry, {"Config": config_path, "RepoTags": None, "Layers": paths}


def _layer_entry(layer: PackedLayer, compression: Compression, *, docker: bool) -> dict[str, Any]:
    if docker:
        suffix = f".{compression.value}" if compression.value else ""
        media_type = f"{oci.DOCKER_LAYER}{suffix}"
    else:
        suffix = f"+{compression.value}" if compression.value else ""
        media_type = f"{oci.OCI_LAYER}{suffix}"
    return Descriptor(media_type, layer.digest, layer.size).to_json()


def _index(entries: Sequence[Descriptor], media_type: str) -> dict[str, Any]:
    manifests = [entry.to_json() for entry in entries]
    return {"schemaVersion": 2, "mediaType": media_type, "manifests": manifests}


def _write_json(blobs: Path, media_type: str, value: dict[str, Any]) -> Descriptor:
    data = _encode(value)
    digest = digest_of(data)
    (blobs / digest.partition(":")[2]).write_bytes(data)
    return Descriptor(media_type, digest, len(data))


def _encode(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _place(source: Path, target: Path) -> None:
    """Link a blob into a layout, or copy it where the file systems differ."""
    if target.exists():
        return
    if source.stat().st_dev == target.parent.stat().st_dev:
        os.link(source, target)
    else:
        shutil.copyfile(source, target)


def _extract(path: Path, folder: Path) -> None:
    try:
        with reading(path) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError) as error:
        raise ArchiveError(f"{path.name} is not a readable tar file: {error}") from error


def _pick(entries: Sequence[Descriptor], tag: str) -> Descriptor:
    if not entries:
        raise ArchiveError("the archive's index names no image")
    if not tag:
        return entries[0]
    for entry in entries:
        names = {entry.annotations.get(key, "") for key in _IMAGE_NAMES}
        if tag in names or any(name.endswith(f":{tag}") for name in names):
            return entry
    known = sorted(
        name for entry in entries for key in _IMAGE_NAMES if (name := entry.annotations.get(key))
    )
    raise ArchiveError(
        f'the archive has no image "{tag}"', hint=f"it has: {', '.join(known) or 'no names'}"
    )


def _adopt_docker_archive(layout: Layout, tag: str) -> oci.Manifest:
    """Read the manifest.json of a `docker save` archive, whose layers are named by path, not by digest."""
    entries = json.loads((layout.root / "manifest.json").read_text())
    chosen = [
        entry
        for entry in entries
        if not tag
        or any(tag in {name, name.rpartition(":")[2]} for name in entry["RepoTags"] or ())
    ]
    if not chosen:
        raise ArchiveError(f'the archive has no image "{tag}"')
    entry = chosen[0]
    blobs = layout.root / "blobs" / "path"
    blobs.mkdir(parents=True, exist_ok=True)
    layers = []
    for number, name in enumerate(entry["Layers"]):
        (layout.root / name).resolve().replace(blobs / str(number))
        layers.append({"digest": f"path:{number}"})
    config = oci.read_object((layout.root / entry["Config"]).read_bytes(), entry["Config"])
    return oci.manifest({"layers": layers}, config)
