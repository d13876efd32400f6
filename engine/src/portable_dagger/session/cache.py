"""What the command line asks of the cache: its entries, and pruning it.

    GET  /cache    {"entries": [ENTRY], "size", "limits": {…}, "disk": {"total", "free"}, "index"}
    POST /prune    {"all", "keep", "older", "dry"} -> {"entries": [ENTRY], "size", "free": [before, after]}
ENTRY is store.policy.Entry as JSON. Sizes are in bytes, times since the epoch; `keep` is a text such as 10GB, `older`
one such as 7d.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from typing import TYPE_CHECKING, Any

from portable_dagger.store import policy
from portable_dagger.store.collection import Collected
from portable_dagger.store.sizes import parse_duration, parse_size, size_of, space

if TYPE_CHECKING:
    from portable_dagger.engine import Engine
    from portable_dagger.store.policy import Entry


async def contents(engine: Engine) -> dict[str, Any]:
    """Return what takes space, the largest first."""
    housekeeping = engine.housekeeping
    entries = await asyncio.to_thread(housekeeping.collection.entries)
    return {
        **_listed(sorted(entries, key=lambda entry: -entry.size)),
        "limits": dataclasses.asdict(housekeeping.rules),
        "disk": dataclasses.asdict(space(engine.state)),
        "index": sum(size_of(path) for path in engine.store.root.glob("index.sqlite*")),
    }


async def prune(engine: Engine, wishes: dict[str, Any]) -> dict[str, Any]:
    """Take what the user asks for, or with `dry` only say what that is; QueryError for a wrong size or duration."""
    disk = space(engine.state)
    keep = parse_size(wishes.get("keep") or "0", disk.total)
    older = wishes.get("older")
    before = time.time() - parse_duration(older) if older else None

    def choose(entries: list[Entry]) -> list[Entry]:
        return policy.asked(entries, everything=bool(wishes.get("all")), keep=keep, before=before)

    collection = engine.housekeeping.collection
    if wishes.get("dry"):
        chosen = choose(await asyncio.to_thread(collection.entries))
        done = Collected(tuple(chosen))
    else:
        done = await asyncio.to_thread(collection.collect, choose)
        await asyncio.to_thread(engine.store.index.shrink)
    return {**_listed(done.entries), "free": [disk.free, space(engine.state).free]}


def _listed(entries: list[Entry] | tuple[Entry, ...]) -> dict[str, Any]:
    return {
        "entries": [dataclasses.asdict(entry) for entry in entries],
        "size": sum(entry.size for entry in entries),
    }
