"""Stand-ins: declared recipes that build an image from Debian packages where no registry answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.images.reference import DEFAULT_NAMESPACE, DEFAULT_REGISTRY, Reference
from portable_dagger.images.standins import debian, postgres, python

if TYPE_CHECKING:
    from portable_dagger.images.standins.recipe import StandIn

_FAMILIES = {"debian": debian.find, "python": python.find, "postgres": postgres.find}
NAMES = (
    "debian:bookworm-slim (also bullseye, trixie), python:3.9-slim to 3.13-slim, python:3.11-slim-bookworm "
    "(also 3.9-slim-bullseye, 3.13-slim-trixie), postgres:15 (also 13, 17, each with its suite: 15-bookworm)"
)


def find(reference: Reference) -> StandIn | None:
    """Return the stand-in for an official image, None if there is no recipe; a digest is never stood for."""
    namespace, _, family = reference.repository.rpartition("/")
    official = reference.registry == DEFAULT_REGISTRY and namespace == DEFAULT_NAMESPACE
    if not official or reference.digest or family not in _FAMILIES:
        return None
    return _FAMILIES[family](reference.tagged().tag)
