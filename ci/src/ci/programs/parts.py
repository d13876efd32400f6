"""What an image is made of: the documents and blobs below a manifest or an index, each with its role in messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ci.programs.errors import LayoutError
from ci.programs.layout import INDEX

if TYPE_CHECKING:
    from ci.programs.layout import Descriptor

MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
INDEXES: Final = (INDEX, "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS: Final = (MANIFEST, "application/vnd.docker.distribution.manifest.v2+json")
_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """A blob or manifest, and what it is to the image, such as "layer 2 of linux/arm64"."""

    descriptor: Descriptor
    role: str

    @property
    def digest(self) -> str:
        """Its digest, sha256:HEX."""
        return str(self.descriptor["digest"])

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return int(self.descriptor["size"])

    @property
    def volume(self) -> str:
        """Its size in words."""
        return (
            f"{self.size / 1e6:.1f} MB" if self.size >= _MEGABYTE else f"{self.size / 1e3:.1f} kB"
        )

    @property
    def media_type(self) -> str:
        """Its type."""
        return str(self.descriptor["mediaType"])

    @property
    def is_manifest(self) -> bool:
        """Whether registries keep it among the manifests: it has parts of its own."""
        return self.media_type in INDEXES + MANIFESTS

    def __str__(self) -> str:
        return f"{self.role} {self.digest}"


def of_index(document: dict[str, Any]) -> list[Part]:
    """Return the manifests of an index."""
    return [Part(entry, f"image {_platform(entry)}".rstrip()) for entry in document["manifests"]]


def of_manifest(document: dict[str, Any], whole: Part) -> list[Part]:
    """Return the blobs of a manifest: its configuration and layers."""
    owner = whole.role.removeprefix("image ")
    if "subject" in document:
        blobs = [Part(blob, f"content of {owner}") for blob in document["layers"]]
    else:
        layers = enumerate(document["layers"], start=1)
        blobs = [Part(blob, f"layer {number} of {owner}") for number, blob in layers]
    return [Part(document["config"], f"configuration of {owner}"), *blobs]


def below(document: dict[str, Any], whole: Part) -> list[Part]:
    """Return the parts of a document, which is what `whole` describes. Raises LayoutError if it is none."""
    try:
        if whole.media_type in INDEXES:
            return of_index(document)
        return of_manifest(document, whole)
    except (KeyError, TypeError) as error:
        raise LayoutError(
            f"{whole} is neither an index nor a manifest of the OCI image specification"
        ) from error


def referrer(entry: Descriptor) -> Part:
    """Return what is attached to an image, as one of its referrers' descriptors has it."""
    kind = entry.get("artifactType") or "no type"
    return Part(entry, f"attachment ({kind})")


def _platform(entry: Descriptor) -> str:
    platform = entry.get("platform") or {}
    names = (platform.get("os"), platform.get("architecture"), platform.get("variant"))
    return "/".join(name for name in names if name)
