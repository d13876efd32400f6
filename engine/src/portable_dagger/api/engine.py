"""The Engine type: the engine itself, for the session's own client only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType
from portable_dagger.errors import QueryError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Value

ENGINE = ObjectType("Engine", "The engine's configuration and state.")


@dataclass(frozen=True, slots=True)
class EngineValue(Value):
    """The engine that answers."""

    api_type: ClassVar[str] = "Engine"
    name: str


def only_main(context: Context) -> None:
    """Raise QueryError unless the session's own client asks: a function or command has no business with the engine."""
    if not context.client.is_main:
        raise QueryError(
            "only the session's own client may look at the engine",
            "ask for it outside of functions and commands",
        )


@QUERY.field()
async def engine(self: object, context: Context) -> EngineValue:
    """The engine's configuration and state."""
    only_main(context)
    return EngineValue(context.engine.name)


@ENGINE.field()
async def name(self: EngineValue, context: Context) -> str:
    """The name of the engine instance."""
    only_main(context)
    return self.name


@ENGINE.field()
async def clients(self: EngineValue, context: Context) -> list[str]:
    """The IDs of the clients that are connected."""
    only_main(context)
    return sorted(client.id for client in context.engine.clients.values())
