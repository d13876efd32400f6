"""An image in a tar of its OCI layout, as Container.asTarball gives it: its documents, and its blobs where they are."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ci.programs.errors import LayoutError

if TYPE_CHECKING:
    from pathlib import Path

    from ci.programs.layout import Descriptor


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in a file: where they begin and how many they are."""

    path: Path
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class ImageLayer:
    """A layer: its descriptor, the digest of its uncompressed tar, what made it, and where it is."""

    descriptor: Descriptor
    diff_id: str
    title: str
    blob: Blob


@dataclass(frozen=True, slots=True)
class Image:
    """An image's configuration, and its layers, lowest first."""

    config: dict[str, Any]
    layers: tuple[ImageLayer, ...]


def read(path: Path) -> Image:
    """Return the image of a tar file. Raises LayoutError if there is none."""
    try:
        with tarfile.open(path, "r:") as tar:
            blobs = {
                f"sha256:{member.name.rpartition('/')[2]}": Blob(
                    path, member.offset_data, member.size
                )
                for member in tar
                if member.isfile() and "blobs/sha256/" in member.name
            }
            index = tar.extractfile("index.json")
            assert index is not None
            return _image(json.load(index), blobs)
    except (tarfile.TarError, KeyError, ValueError, IndexError, OSError) as error:
        raise LayoutError(
            f"{path.name} is no tar of an OCI layout ({error})",
            "It is what the engine gives as a container's tarball: see whether its version is supported.",
        ) from error


def _image(document: dict[str, Any], blobs: dict[str, Blob]) -> Image:
    # One image of one platform: behind as many indexes as the engine likes.
    while "manifests" in document:
        document = _load(blobs, document["manifests"][0])
    config = _load(blobs, document["config"])
    diff_ids = config["rootfs"]["diff_ids"] or []
    history = [entry for entry in config.get("history") or () if not entry.get("empty_layer")]
    titles = [str(entry.get("created_by", "")) for entry in history]
    if len(titles) != len(diff_ids):
        titles = [""] * len(diff_ids)
    return Image(
        config,
        tuple(
            ImageLayer(descriptor, diff_id, title, blobs[descriptor["digest"]])
            for descriptor, diff_id, title in zip(
                document["layers"] or [], diff_ids, titles, strict=True
            )
        ),
    )


def _load(blobs: dict[str, Blob], descriptor: Descriptor) -> dict[str, Any]:
    blob = blobs[descriptor["digest"]]
    with blob.path.open("rb") as file:
        file.seek(blob.offset)
        return dict(json.loads(file.read(blob.size)))
