"""What the command line asks for with cache files: to save what is worth keeping, and to load it.

POST /save {"token", "path", "largest", "within", "volumes": [PATTERN]}
    -> {"steps", "layers", "volumes", "size", "left_out": [TEXT], "seconds"}
POST /load {"token", "path"} -> {"steps", "layers", "volumes", "new_steps", "new_layers", "new_volumes", "seconds"}
`largest` is a size such as 2GB, `within` a duration such as 7d; `size` is in bytes.
"""

from __future__ import annotations

import asyncio
import dataclasses
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.errors import StoreError
from portable_dagger.store.sizes import parse_duration, parse_size, space

if TYPE_CHECKING:
    from collections.abc import Callable

    from portable_dagger.cache_file.loading import Loaded
    from portable_dagger.cache_file.saving import Saved
    from portable_dagger.record.progress import Span
    from portable_dagger.session.session import Session

    Work = Callable[[Callable[[], None], Callable[[str], None]], Saved | Loaded]

PAUSE: Final = 5.0
"""Seconds between two words on how far it is."""

# Most engines never see a cache file, and all start faster.
# ruff: noqa: PLC0415


async def save(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    """Save what is worth keeping. Raises CacheFileError, DiskFullError, or QueryError for a wrong size or duration."""
    from portable_dagger.cache_file import saving

    path = session.workdir / body["path"]
    order = saving.Order(
        path=path,
        largest=parse_size(body["largest"], space(session.engine.state).total),
        since=time.time() - parse_duration(body["within"]),
        volumes=tuple(body.get("volumes") or ()),
    )
    store = session.engine.store

    def busy(key: str) -> bool:
        others = [
            other.started for other in session.engine.sessions.values() if other is not session
        ]
        return store.usage.last("volume", key) >= min(others, default=time.time())

    return await _aside(
        session,
        f"save the cache as {path}",
        lambda check, report: saving.save(store, order, check=check, report=report, busy=busy),
    )


async def load(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    """Load a cache file. Raises CacheFileError or DiskFullError."""
    from portable_dagger.cache_file import loading

    path = session.workdir / body["path"]
    store = session.engine.store
    return await _aside(
        session,
        f"load the cache of {path}",
        lambda check, report: loading.load(store, path, check=check, report=report),
    )


async def _aside(session: Session, name: str, work: Work) -> dict[str, Any]:
    """Do the work in a thread, which ends soon after the session does."""
    # It is no run that anybody would ask `why` about.
    session.progress.record = None
    stopped = threading.Event()

    def check() -> None:
        if stopped.is_set():
            raise StoreError("it was interrupted")

    with session.progress.span("cache", name) as span:
        started = time.monotonic()
        doing: asyncio.Future[Saved | Loaded] = asyncio.ensure_future(
            asyncio.to_thread(work, check, _reporter(span))
        )
        try:
            done = await asyncio.shield(doing)
        except asyncio.CancelledError:
            stopped.set()
            await asyncio.wait([doing])
            doing.exception()  # else asyncio complains that nobody asked
            raise
        return {**dataclasses.asdict(done), "seconds": time.monotonic() - started}


def _reporter(span: Span) -> Callable[[str], None]:
    """Return what passes words on how far it is on to the step's output, now and then."""
    loop = asyncio.get_running_loop()
    last = time.monotonic()

    def report(text: str) -> None:
        nonlocal last
        if time.monotonic() - last > PAUSE:
            last = time.monotonic()
            loop.call_soon_threadsafe(span.log, "stderr", f"{text}\n")

    return report
