"""The OCI layout of a bundle: its media types and manifests; docs/reference/bundles.md describes it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.bundle.description import Description, encode
from portable_dagger.images.layout import (
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    OCI_MANIFEST,
    REFERENCE_NAME,
    Descriptor,
    digest_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from portable_dagger.bundle.description import Layer
    from portable_dagger.bundle.images import Image

BUNDLE: Final = "application/vnd.portable-ci.bundle.v1"
DESCRIPTION: Final = f"{BUNDLE}+json"
SIGNATURE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
PREDICATE: Final = "https://sigstore.dev/cosign/sign/v1"
"""The empty predicate: the signer stands for the subject (what `cosign sign` makes since version 3)."""

EMPTY: Final = "application/vnd.oci.empty.v1+json"
OUTPUT: Final = "application/octet-stream"
LAYER: Final = f"{OCI_LAYER}+zstd"
TITLE: Final = "org.opencontainers.image.title"
NAME: Final = "bundle"
"""What `index.json` calls the bundle's own manifest."""

INDEX_FILE: Final = "index.json"
DOCKER_FILE: Final = "manifest.json"
VERSION_FILE: Final = "oci-layout"
FILES: Final = (VERSION_FILE, INDEX_FILE, DOCKER_FILE)
VERSION: Final = b'{"imageLayoutVersion":"1.0.0"}'


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON document of the layout, as its bytes."""

    media_type: str
    data: bytes

    def descriptor(self, **annotations: str) -> Descriptor:
        """Return what names it."""
        digest = digest_of(self.data)
        return Descriptor(self.media_type, digest, len(self.data), annotations=annotations)


def blob_file(digest: str) -> str:
    """Return where a blob is in the layout."""
    return f"blobs/{digest.replace(':', '/')}"


def config(image: Image) -> Document:
    """Return an image's configuration."""
    return _document(OCI_CONFIG, image.to_json())


def image_manifest(image: Image, layers: Sequence[Layer]) -> Document:
    """Return an image's manifest; `layers` are those of the image, in its order."""
    blobs = [Descriptor(LAYER, layer.blob, layer.size).to_json() for layer in layers]
    return _manifest({"config": config(image).descriptor().to_json(), "layers": blobs})


def described(description: Description) -> Document:
    """Return the description as a blob."""
    return Document(DESCRIPTION, encode(description))


def bundle_manifest(
    description: Description, images: dict[str, Document], outputs: Iterable[tuple[str, int]]
) -> Document:
    """Return the bundle's manifest: its digest stands for all that is in the bundle.

    images: the images' manifests by name. outputs: digests and sizes of the other blobs that the description names.
    """
    named = [manifest.descriptor(**{TITLE: name}) for name, manifest in images.items()]
    others = [Descriptor(OUTPUT, digest, size) for digest, size in sorted(outputs)]
    value = {
        "artifactType": BUNDLE,
        "config": described(description).descriptor().to_json(),
        "layers": [entry.to_json() for entry in (*named, *others)],
    }
    return _manifest(value)


def signature_manifest(signature: Document, subject: Document) -> Document:
    """Return the manifest that attaches a signature to the bundle's manifest, as cosign does."""
    value = {
        "artifactType": SIGNATURE,
        "config": empty().descriptor().to_json(),
        "layers": [signature.descriptor().to_json()],
        "subject": subject.descriptor().to_json(),
        "annotations": {
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": PREDICATE,
        },
    }
    return _manifest(value)


def empty() -> Document:
    """Return the configuration of an artifact that has none (manifest.md, "Guidance for an Empty Descriptor")."""
    return Document(EMPTY, b"{}")


def index(bundle: Document, images: dict[str, Document], signature: Document | None) -> Document:
    """Return the layout's index: the images by name, the bundle, and the signature."""
    entries = [
        manifest.descriptor(**{REFERENCE_NAME: name}).to_json() for name, manifest in images.items()
    ]
    entries.append(
        {**bundle.descriptor(**{REFERENCE_NAME: NAME}).to_json(), "artifactType": BUNDLE}
    )
    if signature is not None:
        entries.append({**signature.descriptor().to_json(), "artifactType": SIGNATURE})
    return _document(OCI_INDEX, {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})


def reference(bundle: str, name: str) -> str:
    """Return what docker and podman call an image that they loaded, given the digest of the bundle's manifest."""
    return f"localhost/bundle-{bundle.removeprefix('sha256:')[:12]}:{name}"


def docker_manifest(bundle: str, images: Sequence[tuple[Image, Sequence[Layer]]]) -> bytes:
    """Return the index of `docker save`, by which `docker load` and `podman load` find all images at once."""
    value = [
        {
            "Config": blob_file(config(image).descriptor().digest),
            "RepoTags": [reference(bundle, image.name)],
            "Layers": [blob_file(layer.blob) for layer in layers],
        }
        for image, layers in images
    ]
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _manifest(value: dict[str, Any]) -> Document:
    return _document(OCI_MANIFEST, {"schemaVersion": 2, "mediaType": OCI_MANIFEST, **value})


def _document(media_type: str, value: dict[str, Any]) -> Document:
    return Document(media_type, json.dumps(value, sort_keys=True, separators=(",", ":")).encode())
