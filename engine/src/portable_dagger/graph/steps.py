"""Steps: results kept in the store by operation and content of the inputs."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portable_dagger.graph.sharing import Sharing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from portable_dagger.store.store import Store


StepOutcome = tuple[dict[str, Any], list[str], list[str]]
"""What doing a step gives: its value, and the layers and blobs that it needs."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step answered, and whether it came from the store."""

    value: dict[str, Any]
    cached: bool


class Steps:
    """Does each step once, and never again while the store keeps its result."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sharing = Sharing()

    async def once(  # noqa: PLR0913  how a result is found, shared and kept
        self,
        key: str,
        produce: Callable[[], Awaitable[StepOutcome]],
        *,
        instance: str = "",
        usable: Callable[[dict[str, Any]], bool] = lambda _: True,
        aside: str = "",
        portable: bool = False,
    ) -> StepResult:
        """Return the step's kept result, or run `produce`, which answers (value, layers, blobs that it needs).

        `instance` keeps apart work in flight that must not be shared, such as execs bound to one session's services.
        `aside` is where a result is kept instead that is good for those who ask with it only, such as that of a command
        that had no network; they take one that is kept under `key` too. `usable` says of a kept result whether it will
        do. `portable`: whether another store may have the result too, see Store.put_step.
        """
        for name in (key, aside):
            kept = await asyncio.to_thread(self._store.get_step, name) if name else None
            if kept is not None and usable(kept):
                return StepResult(kept, cached=True)

        async def run() -> StepResult:
            value, layers, blobs = await produce()
            await asyncio.to_thread(
                self._store.put_step, aside or key, value, layers, blobs, portable=portable
            )
            return StepResult(value, cached=False)

        result: StepResult = await self._sharing.once((aside or key, instance), run)
        return result


def step_key(operation: str, inputs: Any) -> str:  # noqa: ANN401  any JSON
    """Return the key of a step: SHA-256 over its operation and the canonical JSON of its inputs."""
    text = json.dumps([operation, inputs], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
