"""A small image for two platforms in an OCI layout, with something attached at each level."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
EMPTY = "application/vnd.oci.empty.v1+json"
KIND = "application/vnd.dev.sigstore.bundle.v0.3+json"
PLATFORMS = ("amd64", "arm64")

Descriptor = dict[str, Any]


@dataclass
class Sample:
    """A layout: an index of two images, which share a layer, and have one of their own each of `size` bytes."""

    folder: Path
    text: str = "1"
    size: int = 3_000_000
    images: list[Descriptor] = field(default_factory=list)
    attachments: list[Descriptor] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "blobs/sha256").mkdir(parents=True)
        shared = self.add(b"shared", LAYER)
        for architecture in PLATFORMS:
            chance = random.Random(f"{self.text} {architecture}")  # noqa: S311 - the same each time
            own = self.add(chance.randbytes(self.size), LAYER)
            platform = {"os": "linux", "architecture": architecture}
            config = self.document({**platform, "text": self.text}, CONFIG)
            value = {"config": config, "layers": [shared, own]}
            manifest = self.document({"schemaVersion": 2, "mediaType": MANIFEST, **value}, MANIFEST)
            self.images.append({**manifest, "platform": platform})
        value = {"schemaVersion": 2, "mediaType": INDEX, "manifests": self.images}
        self.index = self.document(value, INDEX)
        for subject in (self.index, *self.images):
            self.attach(subject, f"signature of {subject['digest']}")
        self.save()

    @property
    def digest(self) -> str:
        return str(self.index["digest"])

    def attach(self, subject: Descriptor, text: str) -> Descriptor:
        value = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": KIND,
            "config": self.add(b"{}", EMPTY),
            "layers": [self.add(text.encode(), KIND)],
            "subject": {key: subject[key] for key in ("mediaType", "digest", "size")},
            "annotations": {"about": text},
        }
        made = self.document(value, MANIFEST)
        self.attachments.append(made)
        return made

    def save(self) -> None:
        named = {**self.index, "annotations": {"org.opencontainers.image.ref.name": "cpu"}}
        value = {"schemaVersion": 2, "manifests": [named, *self.attachments]}
        (self.folder / "index.json").write_text(json.dumps(value))
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')

    def document(self, value: object, media_type: str) -> Descriptor:
        return self.add(json.dumps(value).encode(), media_type)

    def add(self, content: bytes, media_type: str) -> Descriptor:
        digest = hashlib.sha256(content).hexdigest()
        (self.folder / "blobs/sha256" / digest).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    def own_layer(self, platform: int = 0) -> str:
        """Return the digest of a layer that only one platform has."""
        return str(self.read(self.images[platform]["digest"])["layers"][1]["digest"])

    def read(self, digest: str) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.path(digest).read_bytes())
        return value

    def path(self, digest: str) -> Path:
        return self.folder / "blobs" / digest.replace(":", "/")
