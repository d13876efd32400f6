"""The images of a bundle: one for each step and service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portable_dagger.images import platform as platforms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portable_dagger.bundle.description import Description, Place, Service
    from portable_dagger.images.config import ImageConfig


@dataclass(frozen=True, slots=True)
class Image:
    """An image as it goes into a bundle: its name there, and its layers by diff_id, lowest first."""

    name: str
    platform: str
    config: ImageConfig
    layers: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the image's configuration (OCI image specification v1.1, config.md)."""
        return {
            **platforms.parse(self.platform).to_json(),
            "config": self.config.to_json(),
            "rootfs": {"type": "layers", "diff_ids": list(self.layers)},
        }


def bound(place: Place, description: Description) -> list[Service]:
    """Return the services that a place needs, each after those that it needs itself. Raises BundleError."""
    found: dict[str, Service] = {}
    for service in _needed(place, description, frozenset()):
        found.setdefault(service.name, service)
    return list(found.values())


def _needed(place: Place, description: Description, above: frozenset[str]) -> Iterator[Service]:
    for _, name in place.services:
        if name not in above:
            service = description.service(name)
            yield from _needed(service.place, description, above | {name})
            yield service
