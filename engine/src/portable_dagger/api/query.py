"""The root object type, Query; each type's file registers its own root fields on it."""

from __future__ import annotations

from portable_dagger import __version__
from portable_dagger.api.registry import ObjectType
from portable_dagger.api.types import Identifier, Platform, TypeRef
from portable_dagger.graph.context import Context

QUERY = ObjectType("Query", "The root of the DAG.")


@QUERY.field()
async def version(self: object, context: Context) -> str:
    """Get the current Dagger Engine version."""
    return f"v{__version__}"


@QUERY.field()
async def default_platform(self: object, context: Context) -> Platform:
    """The default platform of the engine."""
    return Platform(context.engine.platform)


@QUERY.field(returns=TypeRef("interface", "Node", optional=True))
async def node(self: object, context: Context, *, id: Identifier) -> None:
    """Load any object by its ID."""
    raise AssertionError  # answered by the executor
