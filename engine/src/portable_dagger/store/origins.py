"""Origins of layers: digests of the inputs that they were made of, which are the same on every machine.

A command's layer has a random name. Its origin says which command on which origins made it, so that a machine that has
done the same finds the layer that stands for another machine's.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.store.content import content_digest
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portable_dagger.store.store import Store

MADE_OF_INPUTS: Final = "exec"
"""The kind of layers whose names say nothing of their content."""

NAMED_BY_CONTENT: Final = frozenset({"image", "stand-in", "bundle"})
"""Kinds of layers whose names are digests of their content."""


def of(store: Store, layer: str) -> str:
    """Return the origin of a layer: what was recorded, else a digest of its content."""
    known = store.index.content(f"origin:{layer}")
    if known is None:
        kind = store.facts.kind("layer", layer)
        known = layer if kind in NAMED_BY_CONTENT else content_digest(store, Snapshot((layer,)))
        store.index.put_content(f"origin:{layer}", known)
    return known


def record(store: Store, layer: str, inputs: Any, lowers: Iterable[str]) -> None:  # noqa: ANN401
    """Note that a layer was made of inputs (any JSON), on top of other layers."""
    below = [of(store, lower) for lower in lowers]
    text = json.dumps([inputs, below], sort_keys=True, separators=(",", ":"))
    origin = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    store.index.put_content(f"origin:{layer}", origin)
    store.index.put_content(f"made:{origin}", layer)


def find(store: Store, origin: str) -> str | None:
    """Return a layer of an origin, None if the store has none."""
    layer = store.index.content(f"made:{origin}")
    return layer if layer is not None and store.has_layer(layer) else None
