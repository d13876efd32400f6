"""The EngineCacheEntrySet type: what was in the cache at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portable_dagger.api.attributes import attributes
from portable_dagger.api.engine_cache_entry import CacheEntry
from portable_dagger.api.registry import ObjectType
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Value
from portable_dagger.store.policy import Entry

ENGINE_CACHE_ENTRY_SET = ObjectType("EngineCacheEntrySet", "Entries of the cache at one moment.")


@dataclass(frozen=True, slots=True)
class EntrySet(Value):
    """Entries as they were when they were asked for."""

    api_type: ClassVar[str] = "EngineCacheEntrySet"
    entries: tuple[Entry, ...]


@ENGINE_CACHE_ENTRY_SET.field()
async def entries(self: EntrySet, context: Context) -> list[CacheEntry]:
    """The entries."""
    return [CacheEntry(entry) for entry in self.entries]


attributes(
    ENGINE_CACHE_ENTRY_SET,
    diskSpaceBytes=(
        int,
        "The space that the entries take.",
        lambda entries: sum(entry.size for entry in entries.entries),
    ),
    entryCount=(int, "How many entries there are.", lambda entries: len(entries.entries)),
)
