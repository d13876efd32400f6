"""The base image as it was resolved: what a name led to on a day, for those who ask where an image comes from."""

from dataclasses import dataclass
from typing import Any, Final

import dagger
from dagger import dag

from ci.together import both

_DESCRIPTION: Final = "org.opencontainers.image.description"


@dataclass(frozen=True, slots=True)
class Base:
    """A base image for a platform: its reference with digest, and what it says of itself, such as that it stands in."""

    platform: str
    reference: str
    description: str = ""

    def descriptor(self) -> dict[str, Any]:
        """Return what provenance holds of it (in-toto, ResourceDescriptor v1)."""
        name, _, digest = self.reference.partition("@")
        algorithm, _, value = digest.partition(":")
        about = {"platform": self.platform, "description": self.description}
        return {
            "name": name,
            "uri": f"oci://{self.reference}",
            "digest": {algorithm: value} if value else {},
            "annotations": {key: text for key, text in about.items() if text},
        }


async def resolve(name: str, platform: str) -> Base:
    """Return what the name of an image leads to for a platform."""
    container = dag.container(platform=dagger.Platform(platform)).from_(name)
    reference, description = await both(container.image_ref(), container.label(_DESCRIPTION))
    return Base(platform, reference, description or "")
