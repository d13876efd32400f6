"""The Container object type, and the root field that makes an empty one."""

from __future__ import annotations

import re

from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType
from portable_dagger.api.types import Platform
from portable_dagger.errors import QueryError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Container

CONTAINER = ObjectType(
    "Container",
    "An OCI-compatible container, also known as a Docker container.",
    interfaces=("Node", "Syncer", "Exportable"),
)

_PLATFORM = re.compile(r"[a-z0-9_]+/[a-z0-9_]+(/[a-z0-9_.]+)?")


@QUERY.field()
async def container(
    self: object, context: Context, *, platform: Platform | None = None
) -> Container:
    """Create a scratch container; `platform` such as linux/arm64, by default that of the engine."""
    if platform is not None and not _PLATFORM.fullmatch(platform):
        raise QueryError(
            f'"{platform}": unknown operating system or architecture: invalid platform',
            "write it as os/architecture, such as linux/arm64",
        )
    return Container(platform=platform or context.engine.platform)
