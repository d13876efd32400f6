"""A bundle written to a file: whole, or not at all.

The tar holds nothing but names and bytes, in a fixed order: equal content gives equal files.
"""

from __future__ import annotations

import secrets
import tarfile
from io import BytesIO
from typing import TYPE_CHECKING

from portable_dagger.bundle import layout
from portable_dagger.bundle.label import labelled
from portable_dagger.errors import BundleError
from portable_dagger.store.disk import disk_errors
from portable_dagger.store.store import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from portable_dagger.bundle.description import Description
    from portable_dagger.bundle.images import Image
    from portable_dagger.bundle.layout import Document
    from portable_dagger.store.store import Store

    Signer = Callable[[str], bytes]
    """Returns the Sigstore bundle of a statement about a digest; see bundle.signing."""


def write(
    store: Store,
    path: Path,
    description: Description,
    images: Sequence[Image],
    *,
    signer: Signer | None = None,
) -> str:
    """Write a bundle and return the digest of its manifest.

    images: one for each step and service of the description. The blobs come from the store: outputs, and layers that
    the description says are held.
    Raises BundleError if the store lacks one, or DiskFullError.
    """
    manifests: dict[str, Document] = {}
    documents: list[Document] = []
    stacks = []
    for given in _ordered(description, images):
        image = labelled(given, description, store.get_blob)
        stack = [description.layer(diff_id) for diff_id in image.layers]
        manifest = layout.image_manifest(image, stack)
        manifests[image.name] = manifest
        stacks.append((image, stack))
        documents += [layout.config(image), manifest]
    outputs = [(digest, _blob(store, digest).stat().st_size) for digest in description.outputs]
    bundle = layout.bundle_manifest(description, manifests, outputs)
    digest = bundle.descriptor().digest
    documents += [layout.described(description), bundle]
    attached = None
    if signer is not None:
        signature = layout.Document(layout.SIGNATURE, signer(digest))
        attached = layout.signature_manifest(signature, bundle)
        documents += [layout.empty(), signature, attached]
    layers = [layer.blob for layer in description.layers if layer.held]
    blobs = dict.fromkeys([*(name for name, _ in outputs), *layers])
    index = layout.index(bundle, manifests, attached)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with disk_errors(path.parent):
        try:
            with tarfile.TarFile(aside, "x", format=tarfile.PAX_FORMAT, copybufsize=CHUNK) as tar:
                _add(tar, layout.VERSION_FILE, layout.VERSION)
                _add(tar, layout.INDEX_FILE, index.data)
                _add(tar, layout.DOCKER_FILE, layout.docker_manifest(digest, stacks))
                for name, data in {
                    each.descriptor().digest: each.data for each in documents
                }.items():
                    _add(tar, layout.blob_file(name), data)
                for name in blobs:
                    _add_blob(tar, layout.blob_file(name), _blob(store, name))
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    return digest


def _ordered(description: Description, images: Sequence[Image]) -> list[Image]:
    """Return the images of the steps, then those of the services: a tool that is given no name takes the first one."""
    given = {image.name: image for image in images}
    wanted = dict.fromkeys(place.image for place in description.places)
    if given.keys() != wanted.keys():
        odd = ", ".join(sorted(given.keys() ^ wanted.keys()))
        raise BundleError(f"the bundle's images are not those of its steps and services: {odd}")
    return [given[name] for name in wanted]


def _blob(store: Store, digest: str) -> Path:
    if not store.hold((), (digest,)):
        raise BundleError(
            f"the store lacks the blob {digest}, which belongs into the bundle",
            "run the command again: it is made anew",
        )
    return store.blob_path(digest)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = _entry(name, len(data))
    tar.addfile(info, BytesIO(data))


def _add_blob(tar: tarfile.TarFile, name: str, path: Path) -> None:
    with path.open("rb") as file:
        tar.addfile(_entry(name, path.stat().st_size), file)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode, info.size = 0o644, size
    return info
