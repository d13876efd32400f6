"""Housekeeping of a running engine: its store stays within its limits, and a step may write only while there is space.

It collects when the engine has been idle for a while, when space runs low, and when a step finds too little space.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
from typing import TYPE_CHECKING, Final

from portable_dagger.errors import CollectionStoppedError, EngineError
from portable_dagger.store import policy
from portable_dagger.store.collection import Collected, Collection
from portable_dagger.store.sizes import format_size, space

if TYPE_CHECKING:
    from collections.abc import Callable

    from portable_dagger.engine import Engine
    from portable_dagger.store.policy import Policy

LOOK: Final = 30.0
"""Seconds between two looks at the disk."""

IDLE: Final = 10.0
"""Seconds without a session after which the engine is idle."""

PAUSE: Final = 600.0
"""Seconds until a collection that space asks for is tried again: what is in use now may not be for long."""

RESPITE: Final = 5.0
"""Seconds for which a disk that stayed full is not collected again."""


class Housekeeping:
    """The collector of an engine, and when it runs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        disk = space(engine.state)
        self.rules: Policy = policy.configured(os.environ, disk)
        engine.store.floor = policy.floor(os.environ, disk)
        folders = {"module": engine.state / "modules", "packages": engine.state / "packages"}
        self.collection = Collection(engine.store, folders, self._since)
        self._tidied_at = time.monotonic()
        self._tidied_for = 0.0
        self._emergency = asyncio.Lock()
        self._emptied = -RESPITE

    def _since(self) -> float:
        return min((s.started for s in self._engine.sessions.values()), default=time.time())

    async def run(self) -> None:
        """Look after the store until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            self._engine.store.write_usage()
            if self._at_rest and self._engine.idle_since != self._tidied_for:
                ended = self._engine.idle_since
                if await self._tidied(self._while_idle):
                    self._tidied_for = ended
            elif self.short and time.monotonic() - self._tidied_at > PAUSE:
                self._tidied_at = time.monotonic()
                await self._tidied(self.collection.check)

    async def close(self) -> None:
        """End what is under way, which takes no longer than looking at a file does."""
        await asyncio.to_thread(self.collection.stop)

    @property
    def _at_rest(self) -> bool:
        return not self._engine.sessions and self._engine.idle_for > IDLE

    def _while_idle(self) -> None:
        self.collection.check()
        if self._engine.sessions:
            raise CollectionStoppedError("a session began, which goes first")

    async def _tidied(self, check: Callable[[], None]) -> bool:
        """Collect in the background; whether it came to its end."""
        try:
            await asyncio.to_thread(self.collection.empty_trash)
            await self.tidy(self.rules, check)
        except CollectionStoppedError:
            return False
        except (EngineError, OSError):
            # Nobody waits for it: the next look tries again.
            self._engine.log.exception("while collecting")
            return False
        return True

    @property
    def short(self) -> bool:
        """Whether the store may be over its limits: cheap, and true too often when others fill the disk."""
        disk = space(self._engine.state)
        return disk.free < self.rules.free or disk.total - disk.free > self.rules.largest

    async def tidy(self, rules: Policy, check: Callable[[], None] | None = None) -> Collected:
        """Collect what a policy takes, aside; `check` may end it by raising."""
        done = await asyncio.to_thread(self.collection.tidy, rules, check)
        if done.entries:
            self._engine.log.info(
                "collected %d entries, %s", len(done.entries), format_size(done.size)
            )
        return done

    async def make_room(self) -> None:
        """Collect before a step writes on a disk with less free space than the floor, even of what is reserved.

        If that does not help, the step's own writing raises DiskFullError (Store.stage).
        """
        floor = self._engine.store.floor
        if space(self._engine.state).free >= floor:
            return
        async with self._emergency:
            if time.monotonic() - self._emptied > RESPITE:
                rules = dataclasses.replace(self.rules, reserved=0, free=2 * floor)
                await self.tidy(rules)
                if space(self._engine.state).free < floor:
                    self._emptied = time.monotonic()
