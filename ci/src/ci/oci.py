"""Documents of the OCI image specification v1.1: descriptors, configurations, manifests and indexes, as exact bytes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

LAYER: Final = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG: Final = "application/vnd.oci.image.config.v1+json"
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
INDEX: Final = "application/vnd.oci.image.index.v1+json"
EMPTY: Final = "application/vnd.oci.empty.v1+json"

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON document as a blob: its text is what its digest is of."""

    media_type: str
    text: str

    @property
    def digest(self) -> str:
        """The digest, sha256:HEX."""
        return f"sha256:{hashlib.sha256(self.text.encode()).hexdigest()}"

    @property
    def size(self) -> int:
        """The size in bytes."""
        return len(self.text.encode())


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What points to a blob; size in bytes."""

    media_type: str
    digest: str
    size: int
    platform: str = ""
    annotations: Pairs = ()
    artifact_type: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the descriptor's object; what is empty is left out."""
        value = {
            "mediaType": self.media_type,
            "artifactType": self.artifact_type,
            "digest": self.digest,
            "size": self.size,
            "platform": platform(self.platform) if self.platform else None,
            "annotations": dict(self.annotations),
        }
        return {name: entry for name, entry in value.items() if entry or name == "size"}


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """A layer as an image's documents name it: its blob, the digest of its tar, and what made it."""

    blob: Descriptor
    diff_id: str
    created_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What an image says of how it is run; `health` is a command, `created` RFC 3339."""

    platform: str
    created: str
    user: str
    environment: Pairs
    command: tuple[str, ...]
    folder: str
    port: int | None = None
    health: tuple[str, ...] = ()
    labels: Pairs = field(default=())


def describe(document: Document, **more: Any) -> Descriptor:  # noqa: ANN401 - Descriptor's fields
    """Return the descriptor of a document."""
    return Descriptor(document.media_type, document.digest, document.size, **more)


def config(about: Config, layers: Sequence[LayerEntry]) -> Document:
    """Return an image's configuration (config.md; Healthcheck is Docker's addition to it)."""
    inner: dict[str, Any] = {
        "User": about.user,
        "ExposedPorts": {f"{about.port}/tcp": {}} if about.port else None,
        "Env": [f"{name}={value}" for name, value in about.environment],
        "Cmd": list(about.command),
        "WorkingDir": about.folder,
        "Labels": dict(about.labels),
        "Healthcheck": {"Test": ["CMD", *about.health]} if about.health else None,
        "StopSignal": "SIGTERM",
    }
    history = [
        {"created": about.created, "created_by": layer.created_by, "comment": "ci"}
        for layer in layers
    ]
    return document(
        CONFIG,
        {
            "created": about.created,
            **platform(about.platform),
            "config": {name: value for name, value in inner.items() if value},
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
            "history": history,
        },
    )


def manifest(settings: Document, layers: Sequence[LayerEntry], annotations: Pairs) -> Document:
    """Return an image's manifest (manifest.md)."""
    return document(
        MANIFEST,
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": describe(settings).to_json(),
            "layers": [layer.blob.to_json() for layer in layers],
            "annotations": dict(annotations),
        },
    )


def index(manifests: Sequence[Descriptor], annotations: Pairs = ()) -> Document:
    """Return an image index (image-index.md)."""
    value: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [entry.to_json() for entry in manifests],
    }
    return document(INDEX, value | ({"annotations": dict(annotations)} if annotations else {}))


def artifact(
    kind: str, blob: Descriptor, subject: Descriptor, annotations: Pairs
) -> tuple[Document, Document]:
    """Return the manifest that attaches a blob to an image, and the empty configuration that it names.

    See manifest.md, "Guidelines for Artifact Usage".
    """
    empty = Document(EMPTY, "{}")
    value = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": kind,
        "config": describe(empty).to_json(),
        "layers": [blob.to_json()],
        "subject": Descriptor(subject.media_type, subject.digest, subject.size).to_json(),
        "annotations": dict(annotations),
    }
    return document(MANIFEST, value), empty


def document(media_type: str, value: Mapping[str, Any]) -> Document:
    """Return a value as the one text that it has: keys sorted, no spaces, ASCII."""
    return Document(media_type, json.dumps(value, sort_keys=True, separators=(",", ":")))


def platform(name: str) -> dict[str, str]:
    """Return the object for a platform's name, such as linux/arm64."""
    system, _, rest = name.partition("/")
    architecture, _, variant = rest.partition("/")
    value = {"os": system, "architecture": architecture, "variant": variant}
    return {key: entry for key, entry in value.items() if entry}
