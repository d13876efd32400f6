"""The CacheVolume and Socket types."""

from __future__ import annotations

from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import CacheSharingMode, CacheVolume, Directory

CACHE_VOLUME = ObjectType("CacheVolume", "A directory whose contents persist across runs.")
SOCKET = ObjectType("Socket", "A Unix or TCP/IP socket that can be mounted into a container.")


@QUERY.field(scope=Scope.CLIENT)
async def cache_volume(
    self: object,
    context: Context,
    *,
    key: str,
    source: Directory | None = None,
    sharing: CacheSharingMode = CacheSharingMode.SHARED,
    owner: str = "",
) -> CacheVolume:
    """Construct a cache volume; the same key in two modules names two volumes."""
    return CacheVolume(key, context.client.namespace, owner, sharing, source)
