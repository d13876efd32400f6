"""An OCI layout on disk (OCI image specification v1.1, image-layout.md): its blobs, each checked against its digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ci.programs.errors import LayoutError

if TYPE_CHECKING:
    from pathlib import Path

INDEX: Final = "application/vnd.oci.image.index.v1+json"
REFERENCE: Final = "org.opencontainers.image.ref.name"

Descriptor = dict[str, Any]
"""A descriptor as the specification has it: mediaType, digest, size and more."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout in a folder."""

    folder: Path

    def entries(self) -> list[Descriptor]:
        """Return the descriptors of index.json. Raises LayoutError if there is none."""
        path = self.folder / "index.json"
        try:
            found = json.loads(path.read_text(encoding="utf-8"))["manifests"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LayoutError(
                f"no OCI layout: index.json cannot be read ({type(error).__name__})",
                "Give the folder that holds oci-layout, index.json and blobs/.",
            ) from error
        return list(found)

    def path(self, digest: str) -> Path:
        """Return where a blob is. Raises LayoutError for a digest that is none."""
        algorithm, _, value = digest.partition(":")
        if algorithm != "sha256" or len(value) != 64 or not value.isalnum():  # noqa: PLR2004
            raise LayoutError(f"{digest!r} is no digest of the form sha256:HEX")
        return self.folder / "blobs" / algorithm / value

    def check(self, descriptor: Descriptor, role: str) -> None:
        """Check a blob against its descriptor. Raises LayoutError that names the blob and its role."""
        digest = descriptor["digest"]
        path = self.path(digest)
        if not path.is_file():
            raise LayoutError(f"{role} {digest} is missing")
        with path.open("rb") as file:
            actual = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        if actual != digest:
            raise LayoutError(f"{role} {digest} has been changed: its content is {actual}")

    def document(self, descriptor: Descriptor, role: str) -> dict[str, Any]:
        """Read a JSON blob. Raises LayoutError if it is not what its descriptor says."""
        self.check(descriptor, role)
        try:
            value = json.loads(self.path(descriptor["digest"]).read_bytes())
        except ValueError as error:
            raise LayoutError(f"{role} {descriptor['digest']} is not JSON") from error
        if not isinstance(value, dict):
            raise LayoutError(f"{role} {descriptor['digest']} is no object")
        return value
