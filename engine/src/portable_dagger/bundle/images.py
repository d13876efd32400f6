"""The images of a bundle: one for each step and service, and what the label of a step's image tells other readers."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.images import platform as platforms
from portable_dagger.images.config import ImageConfig, merge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portable_dagger.bundle.description import Description, Place, Service, Step

LABEL: Final = "org.portable-ci.step"


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


def labelled(image: Image, description: Description, failing: tuple[str, ...] = ()) -> Image:
    """Return the image with what it takes to run its step again; a service's image is returned as it is.

    failing: names of the tests that failed, where reports name them.
    """
    for step in description.steps:
        if step.place.image == image.name:
            told = json.dumps(_told(step, description, failing), sort_keys=True)
            labels = merge(image.config.labels, [(LABEL, told)])
            config = dataclasses.replace(image.config, labels=labels)
            return dataclasses.replace(image, config=config)
    return image


def _told(step: Step, description: Description, failing: tuple[str, ...]) -> dict[str, Any]:
    return {
        "format": description.format,
        "name": step.name,
        "kind": step.kind,
        **_run(step.place),
        "expect": step.expect,
        "exit_code": step.outcome.exit_code,
        "error": step.outcome.error,
        "failing": list(failing),
        "definitions": {
            service.name: {
                **_run(service.place),
                "image": service.place.image,
                "hostname": service.hostname,
                "ports": [dataclasses.asdict(port) for port in service.ports],
            }
            for service in bound(step.place, description)
        },
    }


def _run(place: Place) -> dict[str, Any]:
    return {
        "args": list(place.args),
        "environment": dict(place.environment),
        "secrets": dict(place.secrets),
        "services": dict(place.services),
        "privileged": place.privileged,
        "init": place.init,
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
