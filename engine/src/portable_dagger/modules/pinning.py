"""Recipes by content: a directory or file that is in the store already, whatever made it.

What a function is given (host directories, the module's own files) is pinned before it is handed over, so that equal
content makes equal recipes, in this session and in later ones. The two fields are not part of any client's schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.api.registry import Argument, Field, ObjectType, Types
from portable_dagger.api.types import TypeRef
from portable_dagger.graph.recipe import Recipe
from portable_dagger.graph.values import Directory, File
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.graph.evaluation import Evaluator

_TEXT = TypeRef("scalar", "String")
_ARGUMENTS = (
    Argument("layers", "layers", TypeRef("list", element=_TEXT)),
    Argument("path", "path", _TEXT),
)
_FIELDS = {"Directory": "pinnedDirectory", "File": "pinnedFile"}


def pin(value: Directory | File, evaluator: Evaluator) -> Recipe:
    """Return the recipe of a directory's or file's content."""
    arguments = (("layers", list(value.root.layers)), ("path", value.path))
    recipe = Recipe(value.api_type, _FIELDS[value.api_type], None, arguments)
    evaluator.remember(recipe.digest, value)
    return evaluator.intern(recipe)


def pinned_layers(recipe: Recipe) -> list[str]:
    """Return the layers that a pinned recipe needs; none for any other recipe."""
    if recipe.field not in _FIELDS.values():
        return []
    layers = dict(recipe.args)["layers"]
    return [str(layer) for layer in layers] if isinstance(layers, list) else []


async def _directory(_: object, __: Context, *, layers: list[str], path: str) -> Directory:
    return Directory(Snapshot(tuple(layers)), path)


async def _file(_: object, __: Context, *, layers: list[str], path: str) -> File:
    return File(Snapshot(tuple(layers)), path)


def pinned_types() -> Types:
    """Return the root fields behind pinned recipes."""
    return Types(
        {
            "Query": ObjectType(
                "Query",
                fields={
                    name: Field(name, TypeRef("object", made), _ARGUMENTS, resolve)
                    for (made, name), resolve in zip(
                        _FIELDS.items(), (_directory, _file), strict=True
                    )
                },
            )
        }
    )
