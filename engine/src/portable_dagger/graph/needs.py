"""What a value needs of the store: without it the value, if it was remembered, has to be made anew."""

from __future__ import annotations

from typing import Any

from portable_dagger.graph.records import Changeset
from portable_dagger.graph.values import (
    CacheMount,
    Container,
    Directory,
    DirectoryMount,
    File,
    Service,
)

Needs = tuple[tuple[str, ...], tuple[str, ...]]
"""Digests of layers and of blobs."""

NOTHING: Needs = ((), ())


def needs_of(value: Any) -> Needs:  # noqa: ANN401  any value, lists of values included
    """Return the layers and blobs that a value names."""
    match value:
        case Directory() | File():
            return (value.root.layers, ())
        case Container():
            return _container(value)
        case Service():
            return needs_of(value.container)
        case Changeset():
            return _all((value.before, value.after))
        case list() | tuple():
            return _all(value)
    return NOTHING


def _container(value: Container) -> Needs:
    parts: list[Any] = [service for _, service in value.services]
    for mount in value.mounts:
        if isinstance(mount, DirectoryMount):
            parts.append(mount.source)
        elif isinstance(mount, CacheMount):
            parts.append(mount.volume.source)
    layers, blobs = _all(parts)
    if value.last_exec is not None:
        last = value.last_exec
        blobs = (*blobs, last.stdout, last.stderr, last.combined)
    return (*value.root.layers, *layers) if layers else value.root.layers, blobs


def _all(values: list[Any] | tuple[Any, ...]) -> Needs:
    found = [needs_of(value) for value in values]
    return (
        tuple(layer for layers, _ in found for layer in layers),
        tuple(blob for _, blobs in found for blob in blobs),
    )
