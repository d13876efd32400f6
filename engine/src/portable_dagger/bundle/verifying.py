"""Whether a bundle is whole: every blob is what its name says, and description, images and index agree."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from portable_dagger.bundle import layout
from portable_dagger.errors import BundleDamagedError, BundleError
from portable_dagger.images.layout import REFERENCE_NAME

if TYPE_CHECKING:
    from portable_dagger.bundle.archive import Archive
    from portable_dagger.bundle.description import Place
    from portable_dagger.bundle.reading import Reader


def verify(reader: Reader, archive: Archive) -> tuple[int, int]:
    """Return how many blobs and bytes the bundle has. Raises BundleDamagedError."""
    total = sum(archive.check(digest) for digest in archive.digests)
    _check_blobs(reader, archive)
    _check_images(reader)
    _check_docker(reader, archive)
    for place in reader.description.places:
        _check_place(reader, place)
    return len(archive.digests), total


def _check_blobs(reader: Reader, archive: Archive) -> None:
    """Check that the blobs that the description names are there, and have the sizes that are told."""
    description = reader.description
    for digest in description.outputs:
        if archive.size(digest) != reader.outputs.get(digest):
            raise _wrong(reader, f"the manifest does not name the output {digest} with its size")
    for layer in description.layers:
        if layer.held and archive.size(layer.blob) != layer.size:
            raise _wrong(reader, f"the blob {layer.blob} does not have the size that is described")


def _check_images(reader: Reader) -> None:
    """Check that images consist of described layers, and that the index has them by their names."""
    named = {
        entry.annotations[REFERENCE_NAME]: entry.digest
        for entry in reader.index
        if REFERENCE_NAME in entry.annotations
    }
    for name, stored in reader.images.items():
        if named.get(name) != stored.descriptor.digest:
            raise _wrong(reader, f"the index names another image {name} than the bundle's manifest")
        for blob, diff_id in stored.layers:
            try:
                layer = reader.description.layer(diff_id)
            except BundleError as error:
                raise _wrong(reader, error.message) from error
            if layer.blob != blob:
                raise _wrong(reader, f"the image {name} has another blob for the layer {diff_id}")


def _check_docker(reader: Reader, archive: Archive) -> None:
    """Check that docker and podman load the same images, if they can load any."""
    data = archive.document(layout.DOCKER_FILE)
    if data is None:
        return
    own = {
        (layout.blob_file(stored.config), *(layout.blob_file(blob) for blob, _ in stored.layers))
        for stored in reader.images.values()
    }
    try:
        found = {(entry["Config"], *entry["Layers"]) for entry in json.loads(data)}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _wrong(reader, f"{layout.DOCKER_FILE} cannot be read") from error
    if found != own:
        raise _wrong(reader, f"{layout.DOCKER_FILE} names other images than the bundle's manifest")


def _check_place(reader: Reader, place: Place) -> None:
    """Check that a step's or service's image is there, with its root and its mounts."""
    if place.image not in reader.images:
        raise _wrong(reader, f"there is no image {place.image}")
    layers = reader.images[place.image].image.layers
    if layers[: len(place.root)] != place.root:
        raise _wrong(reader, f"the image {place.image} has another root file system than described")
    for mount in place.mounts:
        if mount.content and mount.content not in layers:
            raise _wrong(reader, f"the image {place.image} lacks what is mounted at {mount.target}")
    names = {service.name for service in reader.description.services}
    for _, name in place.services:
        if name not in names:
            raise _wrong(reader, f"the service {name} is not described")


def _wrong(reader: Reader, message: str) -> BundleDamagedError:
    return BundleDamagedError(f"{reader.path}: {message}", "get the file again")
