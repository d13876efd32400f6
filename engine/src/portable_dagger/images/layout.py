"""OCI image layouts: directories with an index and blobs by digest (image specification v1.1, image-layout.md)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from portable_dagger.errors import ArchiveError
from portable_dagger.images.config import ImageConfig
from portable_dagger.images.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
INDEXES = (OCI_INDEX, DOCKER_INDEX)
REFERENCE_NAME = "org.opencontainers.image.ref.name"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One image of a layout: its platform and configuration, and its layers as (blob digest, diff_id)."""

    platform: Platform
    config: ImageConfig
    layers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What names a blob: media type, digest and size; `platform` and `annotations` where an index gives them."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Descriptor:
        """Read a descriptor (descriptor.md)."""
        platform = value.get("platform")
        return cls(
            media_type=value.get("mediaType", ""),
            digest=value["digest"],
            size=value.get("size", 0),
            platform=Platform.from_json(platform) if platform else None,
            annotations=value.get("annotations") or {},
        )

    def to_json(self) -> dict[str, Any]:
        """Return the descriptor's object."""
        value: dict[str, Any] = {
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": self.size,
        }
        if self.annotations:
            value["annotations"] = dict(self.annotations)
        if self.platform is not None:
            value["platform"] = self.platform.to_json()
        return value


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout directory."""

    root: Path

    def blob(self, digest: str) -> Path:
        """Return the path of a blob; ArchiveError if it has none, or the digest is malformed."""
        algorithm, _, code = digest.partition(":")
        path = self.root / "blobs" / algorithm / code
        if not (algorithm.isalnum() and code.isalnum() and path.is_file()):
            raise ArchiveError(f"the image lacks its blob {digest}")
        return path

    def json(self, digest: str) -> dict[str, Any]:
        """Return a blob's JSON object, checked against its digest."""
        data = self.blob(digest).read_bytes()
        if digest_of(data) != digest:
            raise ArchiveError(f"the image's blob {digest} does not have that digest")
        return read_object(data, digest)

    def index(self) -> tuple[Descriptor, ...]:
        """Return the entries of the layout's index."""
        path = self.root / "index.json"
        if not path.is_file():
            raise ArchiveError("this is no OCI image layout: it has no index.json")
        return descriptors(read_object(path.read_bytes(), "index.json"))

    def manifest(self, descriptor: Descriptor, platform: Platform) -> Manifest:
        """Return the image for a platform, through an index if need be; ArchiveError if there is none."""
        value = self.json(descriptor.digest)
        if value.get("mediaType", descriptor.media_type) in INDEXES:
            chosen = choose(descriptors(value), platform)
            if chosen is None:
                raise ArchiveError(
                    f"no manifest matches requested platform for {descriptor.digest}"
                )
            return self.manifest(chosen, platform)
        config = self.json(value["config"]["digest"])
        return manifest(value, config)


def manifest(value: Mapping[str, Any], config: Mapping[str, Any]) -> Manifest:
    """Return what a manifest and its image configuration say together."""
    layers = [layer["digest"] for layer in value["layers"]]
    diff_ids = config.get("rootfs", {}).get("diff_ids") or []
    if len(layers) != len(diff_ids):
        raise ArchiveError(
            f"the image has {len(layers)} layers, its configuration says {len(diff_ids)}"
        )
    return Manifest(
        platform=Platform.from_json(config),
        config=ImageConfig.from_json(config.get("config"), value.get("annotations")),
        layers=tuple(zip(layers, diff_ids, strict=True)),
    )


def descriptors(index: Mapping[str, Any]) -> tuple[Descriptor, ...]:
    """Return the entries of an index."""
    return tuple(Descriptor.from_json(entry) for entry in index.get("manifests") or ())


def choose(entries: Sequence[Descriptor], platform: Platform) -> Descriptor | None:
    """Return the entry for a platform: the same variant first, then any of the same architecture."""
    same = [
        entry
        for entry in entries
        if entry.platform is not None
        and (entry.platform.os, entry.platform.architecture) == (platform.os, platform.architecture)
    ]
    exact = [entry for entry in same if entry.platform == platform]
    return next(iter(exact or same), None)


def read_object(data: bytes, name: str) -> dict[str, Any]:
    """Read a JSON object; ArchiveError if it is none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ArchiveError(f"{name} of the image is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ArchiveError(f"{name} of the image is not a JSON object")
    return value


def digest_of(data: bytes) -> str:
    """Return the digest of some bytes, `sha256:<hex>`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def local_digest(platform: Platform, config: ImageConfig, layers: Sequence[str]) -> str:
    """Return a digest for an image that no registry has named: the hash of all that a manifest says of it."""
    value = {
        **platform.to_json(),
        "config": config.to_json(),
        "annotations": dict(config.annotations),
        "layers": list(layers),
    }
    return digest_of(json.dumps(value, sort_keys=True).encode())
