"""Calls of a module's functions from within the engine, as a client would make them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from portable_dagger.api.execution import scope_text
from portable_dagger.graph.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.api.registry import Field
    from portable_dagger.graph.context import Context
    from portable_dagger.modules.call import AnyValue
    from portable_dagger.modules.loaded import LoadedModule


async def value(module: LoadedModule, fields: Sequence[str], context: Context) -> AnyValue:
    """Return the value that a chain of fields leads to, from the module's main object on.

    Raises what the functions raise.
    """
    # The client keeps its rights; it only sees the module's types too.
    client = replace(context.client, types=module.client_types, schema_cache=None)
    inside = replace(context, client=client, recipe=None, receiver=None)
    evaluator = context.engine.evaluator
    here: Recipe | None = None
    for name in (module.root, *fields):
        field = client.field(here.type if here else "Query", name)
        if not field.lazy:
            assert here is not None
            parent = await evaluator.evaluate(here, inside)
            return await evaluator.call(field, parent, {}, inside)
        here = _step(field, here, inside)
    assert here is not None
    return await evaluator.evaluate(here, inside)


def _step(field: Field, parent: Recipe | None, context: Context) -> Recipe:
    given = field.prepare(context.client, {}) if field.prepare else {}
    scope = scope_text(field.scope, context)
    return Recipe(field.type.name, field.name, parent, tuple(given.items()), scope)
