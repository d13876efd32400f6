"""Results of function calls that are kept: in the store across sessions, or in memory for one session."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from portable_dagger.graph.sharing import Sharing
from portable_dagger.modules.pinning import pinned_layers

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.graph.recipe import Recipe
    from portable_dagger.session.session import Session


class Results:
    """Finds and keeps results; a result is {"value": JSON, "expires": seconds since the epoch}."""

    def __init__(self) -> None:
        self.sharing = Sharing()
        self._sessions: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)

    async def find(self, key: str, context: Context) -> dict[str, Any] | None:
        """Return a result that has not expired."""
        kept = self._sessions.get(context.session.id, {}).get(key)
        if kept is None:
            kept = await asyncio.to_thread(context.store.get_step, key)
        return kept if kept is not None and kept["expires"] > time.time() else None

    def remember(self, key: str, result: dict[str, Any], context: Context) -> None:
        """Keep a result until the session ends."""
        if context.session.id not in self._sessions:
            context.session.on_close(lambda: self._forget(context.session))
        self._sessions[context.session.id][key] = result

    async def store(
        self, key: str, result: dict[str, Any], needed: dict[str, Recipe], context: Context
    ) -> None:
        """Keep a result and the recipes that its IDs need; the layers that they name are not collected before it."""
        texts = {
            digest: json.dumps(recipe.encoded(), sort_keys=True)
            for digest, recipe in needed.items()
        }
        layers = {layer for recipe in needed.values() for layer in pinned_layers(recipe)}

        def write() -> None:
            context.store.put_recipes(texts)
            context.store.put_step(key, result, sorted(layers))

        await asyncio.to_thread(write)

    async def _forget(self, session: Session) -> None:
        self._sessions.pop(session.id, None)
