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

NAMED_BY_CONTENT: Final = frozenset({"image", "stand-in", "bundle"})
"""Kinds of layers whose names are digests of their content."""


class Origins:
    """The origins of a store's layers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, str] = {}

    def of(self, layer: str) -> str:
        """Return the origin of a layer: what was recorded, else its name or a digest of its content."""
        known = self._known.get(layer) or self._store.index.content(f"origin:{layer}")
        if known is None:
            kind = self._store.facts.kind("layer", layer)
            by_name = kind in NAMED_BY_CONTENT
            known = layer if by_name else content_digest(self._store, Snapshot((layer,)))
            self._store.index.put_content(f"origin:{layer}", known)
        self._known[layer] = known
        return known

    def record(self, layer: str, inputs: Any, lowers: Iterable[str]) -> None:  # noqa: ANN401  JSON
        """Note that a layer was made of inputs, on top of other layers."""
        below = [self.of(lower) for lower in lowers]
        text = json.dumps([inputs, below], sort_keys=True, separators=(",", ":"))
        origin = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
        self._store.index.put_content(f"origin:{layer}", origin)
        self._store.index.put_content(f"made:{origin}", layer)
        self._known[layer] = origin

    def find(self, origin: str) -> str | None:
        """Return a layer of an origin, None if the store has none."""
        layer = self._store.index.content(f"made:{origin}")
        return layer if layer is not None and self._store.has_layer(layer) else None
