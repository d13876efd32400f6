"""What counts in the key of a function call: its arguments and its object's state, by content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.graph.evaluation import gather
from portable_dagger.graph.values import CacheVolume, Container, Directory, File, Secret, Service
from portable_dagger.modules.objects import ModuleObject, recipe_of
from portable_dagger.ops.identity import container_key, content_key

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.graph.recipe import Recipe
    from portable_dagger.modules.call import AnyValue, JsonData


async def content_keys(value: JsonData, context: Context) -> JsonData:
    """Return a JSON value with every ID in it replaced by what its object's content is."""
    if isinstance(value, dict):
        keys = list(value)
        return dict(
            zip(keys, await gather([content_keys(value[k], context) for k in keys]), strict=True)
        )
    if isinstance(value, list):
        return await gather([content_keys(item, context) for item in value])
    if isinstance(value, str):
        recipe = recipe_of(value, context.engine.evaluator)
        if recipe is not None:
            return await _key(recipe, context)
    return value


async def _key(recipe: Recipe, context: Context) -> JsonData:
    value = await context.engine.evaluator.evaluate(recipe, context)
    return [recipe.type, await _content(value, recipe, context)]


async def _content(value: AnyValue, recipe: Recipe, context: Context) -> JsonData:
    match value:
        case Directory() | File():
            found: JsonData = [getattr(value, "name", ""), await content_key(value, context)]
        case Container():
            rest = [value.config, value.ports, value.image_ref, value.last_exec]
            found = [await container_key(value, context), [repr(part) for part in rest]]
        case Secret():
            found = [value.name, value.cache_key]
        case Service():
            found = value.identity
        case CacheVolume():
            found = repr(value)
        case ModuleObject():
            found = await content_keys(value.state, context)
        case _:
            found = recipe.digest
    return found
