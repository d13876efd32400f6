"""The EngineCacheEntry type: one thing that takes space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portable_dagger.api.attributes import attributes
from portable_dagger.api.registry import ObjectType
from portable_dagger.graph.values import Value
from portable_dagger.store.policy import Entry

ENGINE_CACHE_ENTRY = ObjectType("EngineCacheEntry", "One thing that takes space.")
NANOSECONDS = 10**9


@dataclass(frozen=True, slots=True)
class CacheEntry(Value):
    """An entry of the store."""

    api_type: ClassVar[str] = "EngineCacheEntry"
    entry: Entry


attributes(
    ENGINE_CACHE_ENTRY,
    activelyUsed=(bool, "Whether a running session may need it.", "entry.active"),
    createdTimeUnixNano=(int, "When it was made.", lambda e: int(e.entry.created * NANOSECONDS)),
    dagqlCall=(str, "What made it.", lambda e: f"{e.entry.kind}: {e.entry.title}"),
    description=(str, "What it is.", "entry.title"),
    diskSpaceBytes=(int, "The space that it takes.", "entry.size"),
    mostRecentUseTimeUnixNano=(
        int,
        "When it was last used.",
        lambda e: int(e.entry.used * NANOSECONDS),
    ),
    recordType=(str, "What kind of thing made it, as `dagger cache` names it.", "entry.kind"),
    recordTypes=(list[str], "The same, as a list.", lambda e: [e.entry.kind]),
)
