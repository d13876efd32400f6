"""The Container object type, and the root field that makes an empty one."""

from __future__ import annotations

from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType
from portable_dagger.api.types import Platform
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Container

CONTAINER = ObjectType(
    "Container",
    "An OCI-compatible container, also known as a Docker container.",
    interfaces=("Node", "Syncer", "Exportable"),
)


@QUERY.field()
async def container(
    self: object, context: Context, *, platform: Platform | None = None
) -> Container:
    """Create a scratch container; `platform` such as linux/arm64, by default that of the engine."""
    return Container(platform=platform or context.engine.platform)
