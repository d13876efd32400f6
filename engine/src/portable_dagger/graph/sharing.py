"""Work that several askers share: done once, and ended early only when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable


@dataclass(slots=True)
class _Work:
    task: asyncio.Task[Any]
    waiters: int = 0


class Sharing:
    """Runs identical work in flight once."""

    def __init__(self) -> None:
        self._running: dict[Hashable, _Work] = {}
        self._turns: weakref.WeakValueDictionary[Hashable, asyncio.Lock] = (
            weakref.WeakValueDictionary()
        )

    async def once(
        self, key: Hashable, produce: Callable[[], Awaitable[Any]]
    ) -> Any:  # noqa: ANN401
        """Return what `produce` answers, or what the work under `key` that runs already will answer.

        Cancelling one waiter leaves the work to the others; cancelling the last one cancels it and waits for its end.
        """
        work = self._running.get(key)
        if work is None or work.task.cancelling():
            work = _Work(asyncio.ensure_future(_run(produce)))
            self._running[key] = work
            work.task.add_done_callback(lambda _: self._forget(key, work))
        work.waiters += 1
        try:
            return await asyncio.shield(work.task)
        finally:
            work.waiters -= 1
            if work.waiters == 0 and not work.task.done():
                work.task.cancel()
                await asyncio.wait([work.task])

    async def next(
        self, key: Hashable, produce: Callable[[], Awaitable[Any]]
    ) -> Any:  # noqa: ANN401
        """Return what `produce` answers when it begins from now on; who asks before it begins gets the same.

        For work whose answer may be another one a moment later, such as that of reading a folder: what runs already may
        have passed by what has changed since. One runs at a time.
        """
        place = ("next", key)
        turn = self._turns.setdefault(key, asyncio.Lock())

        async def begin() -> Any:  # noqa: ANN401
            async with turn:
                del self._running[place]
                return await produce()

        return await self.once(place, begin)

    def _forget(self, key: Hashable, work: _Work) -> None:
        if self._running.get(key) is work:
            del self._running[key]
        if not work.task.cancelled():
            work.task.exception()  # every waiter got it; asyncio must not report it again


async def _run(produce: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401
    return await produce()
