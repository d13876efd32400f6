"""The Secret type and the root fields that make secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Secret

if TYPE_CHECKING:
    from portable_dagger.session.client import Client

SECRET = ObjectType(
    "Secret",
    "A reference to a secret value, which can be handled more safely than the value itself.",
)


def _put_aside(client: Client, arguments: dict[str, Any]) -> dict[str, Any]:
    """Keep the text in the session: in its place, the recipe says whose secret it is.

    So the same name in another module is another secret, whoever evaluates the recipe.
    """
    store = client.session.secrets
    holder = store.put(client, arguments["name"], arguments["plaintext"])
    return {**arguments, "plaintext": holder}


@QUERY.field(scope=Scope.SESSION, prepare=_put_aside)
async def set_secret(self: object, context: Context, *, name: str, plaintext: str) -> Secret:
    """Set a secret given a user-defined name to its plaintext, and return it."""
    assert context.recipe is not None
    return Secret(plaintext, plaintext, name=name, session=context.recipe.scope)


@QUERY.field(scope=Scope.CALL)
async def secret(
    self: object, context: Context, *, uri: str, cache_key: str | None = None
) -> Secret:
    """Create a secret from a URI: env://NAME, file://PATH or cmd://COMMAND, read on the client's side."""
    return await context.session.secrets.from_uri(uri, cache_key, context.client)


@SECRET.field()
async def name(self: Secret, context: Context) -> str:
    """The name given to setSecret; empty for secrets of a URI."""
    return self.name


@SECRET.field()
async def plaintext(self: Secret, context: Context) -> str:
    """The secret's text."""
    return (await context.session.secrets.text(self, context.client)).decode(errors="replace")


@SECRET.field()
async def uri(self: Secret, context: Context) -> str:
    """The URI; empty for secrets of setSecret."""
    return self.uri
