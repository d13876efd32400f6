"""The base image as it was resolved: what a name led to on a day, for those who ask where an image comes from."""

from dataclasses import dataclass
from typing import Any

import dagger
from dagger import dag


@dataclass(frozen=True, slots=True)
class Base:
    """A base image for a platform, by its reference with the digest."""

    platform: str
    reference: str

    def descriptor(self) -> dict[str, Any]:
        """Return what provenance holds of it (in-toto, ResourceDescriptor v1)."""
        name, _, digest = self.reference.partition("@")
        algorithm, _, value = digest.partition(":")
        return {
            "name": name,
            "uri": f"oci://{self.reference}",
            "digest": {algorithm: value},
            "annotations": {"platform": self.platform},
        }


async def resolve(name: str, platform: str) -> Base:
    """Return what the name of an image leads to for a platform."""
    container = dag.container(platform=dagger.Platform(platform)).from_(name)
    return Base(platform, await container.image_ref())
