"""The EngineCache type: what the engine keeps on disk, its limits, and pruning it."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from dataclasses import dataclass
from typing import ClassVar

from portable_dagger.api.attributes import attributes
from portable_dagger.api.engine import ENGINE, EngineValue, only_main
from portable_dagger.api.engine_cache_entry_set import EntrySet
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Value
from portable_dagger.store import policy
from portable_dagger.store.policy import Policy
from portable_dagger.store.sizes import parse_size, space

ENGINE_CACHE = ObjectType("EngineCache", "What the engine keeps on disk.")


@dataclass(frozen=True, slots=True)
class Cache(Value):
    """The cache and the limits that it is held to, in bytes."""

    api_type: ClassVar[str] = "EngineCache"
    rules: Policy


attributes(
    ENGINE_CACHE,
    maxUsedSpace=(int, "What the cache may take before it is collected.", "rules.largest"),
    minFreeSpace=(int, "What the disk shall have free.", "rules.free"),
    reservedSpace=(int, "What is kept in any case.", "rules.reserved"),
    targetSpace=(int, "What a collection leaves, 0 for what the limits say.", "rules.target"),
)


@ENGINE.field()
async def local_cache(self: EngineValue, context: Context) -> Cache:
    """The cache on the engine's disk."""
    only_main(context)
    return Cache(context.engine.housekeeping.rules)


@ENGINE_CACHE.field(scope=Scope.CALL)
async def entry_set(self: Cache, context: Context, *, key: str = "") -> EntrySet:
    """What is in the cache now; `key` asks for another look."""
    only_main(context)
    collection = context.engine.housekeeping.collection
    return EntrySet(tuple(await asyncio.to_thread(collection.entries)))


@ENGINE_CACHE.field()
async def prune(
    self: Cache,
    context: Context,
    *,
    use_default_policy: bool = False,
    max_used_space: str = "",
    reserved_space: str = "",
    min_free_space: str = "",
    target_space: str = "",
) -> None:
    """Free what nothing uses: everything, or what the policy and the given limits take."""
    only_main(context)
    housekeeping = context.engine.housekeeping
    disk = space(context.engine.state)
    given = {
        name: parse_size(text, disk.total)
        for name, text in (
            ("largest", max_used_space),
            ("reserved", reserved_space),
            ("free", min_free_space),
            ("target", target_space),
        )
        if text
    }
    base = self.rules if use_default_policy else Policy(reserved=0, largest=0, free=0)
    rules = dataclasses.replace(base, **given)
    await asyncio.to_thread(
        housekeeping.collection.collect,
        lambda entries: policy.chosen(entries, rules, disk, time.time()),
    )
