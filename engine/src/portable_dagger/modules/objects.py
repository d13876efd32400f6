"""Values that pass between the API and module code, in both directions (the brief, section 2.6).

Core objects travel as ID strings, objects of the module itself as their state, enum members by the module's own name.
"""

from __future__ import annotations

import enum
import reprlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.api.kinds import TypeDefKind
from portable_dagger.errors import FunctionError, NotFoundError, PlatformError
from portable_dagger.graph.evaluation import gather
from portable_dagger.graph.recipe import Recipe, parse_id
from portable_dagger.images import platform as platforms

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.graph.evaluation import Evaluator
    from portable_dagger.graph.recipe import Literal
    from portable_dagger.modules.call import AnyValue, JsonData
    from portable_dagger.modules.loaded import LoadedModule
    from portable_dagger.modules.typedefs import TypeDef


_PLAIN: Final[dict[TypeDefKind, tuple[type, ...]]] = {
    TypeDefKind.INTEGER_KIND: (int,),
    TypeDefKind.FLOAT_KIND: (int, float),
    TypeDefKind.BOOLEAN_KIND: (bool,),
}


@dataclass(frozen=True, slots=True)
class ModuleObject:
    """An object of a module: its type's name in the API and in the module itself, and its state as JSON."""

    api_type: str
    module: LoadedModule
    own_name: str
    state: Any


async def to_module(
    value: JsonData, type_: TypeDef, module: LoadedModule, context: Context
) -> JsonData:
    """Return an evaluated argument as module code takes it; object arguments come as IDs."""
    if value is None:
        return None
    if type_.element is not None:
        return await gather([to_module(i, type_.element, module, context) for i in value])
    if isinstance(value, enum.Enum):
        return module.own_member(type_.name, value.name)
    if type_.kind is TypeDefKind.OBJECT_KIND and module.types.object(type_.name) is not None:
        evaluator = context.engine.evaluator
        found: ModuleObject = await evaluator.evaluate(evaluator.load(value), context)
        return found.state
    return value


async def from_module(
    value: JsonData, type_: TypeDef, module: LoadedModule, context: Context, where: str
) -> AnyValue:
    """Return what module code answered as a value of the API; FunctionError when it does not fit its type.

    `where` says what answered it, for messages.
    """
    if value is None and (type_.optional or type_.kind is TypeDefKind.VOID_KIND):
        return None
    if not _fits(value, type_, module):
        shown = "None" if value is None else reprlib.repr(value)
        raise FunctionError(f"{where}: {shown} was answered, but {expected(type_, module)}")
    if type_.element is not None:
        element = type_.element
        items = [
            from_module(item, element, module, context, f"{where}, item {number}")
            for number, item in enumerate(value, 1)
        ]
        return await gather(items)
    if type_.kind is TypeDefKind.ENUM_KIND:
        return module.enum_member(type_.name, value)
    if type_.kind in {TypeDefKind.OBJECT_KIND, TypeDefKind.INTERFACE_KIND}:
        return await _object(value, type_, module, context, where)
    return _platform(value, where) if type_.name == "Platform" else value


def _fits(value: JsonData, type_: TypeDef, module: LoadedModule) -> bool:
    """Whether a JSON value has the shape of a type's values; items and what an ID names are not looked at."""
    if type_.element is not None:
        return isinstance(value, list)
    if type_.kind is TypeDefKind.ENUM_KIND:
        return value in module.own_members(type_.name)
    if type_.kind is TypeDefKind.OBJECT_KIND and module.types.object(type_.name) is not None:
        return isinstance(value, dict)
    wanted = _PLAIN.get(type_.kind, (str,))
    return isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool))


async def _object(
    value: JsonData, type_: TypeDef, module: LoadedModule, context: Context, where: str
) -> AnyValue:
    if isinstance(value, dict):
        return ModuleObject(module.api_name(type_.name), module, type_.name, value)
    evaluator = context.engine.evaluator
    recipe = evaluator.load(value)
    if type_.kind is TypeDefKind.OBJECT_KIND and recipe.type != type_.name:
        raise FunctionError(f"{where}: a {recipe.type} was answered, but the type is {type_}")
    return await evaluator.evaluate(recipe, context)


def _platform(text: str, where: str) -> str:
    try:
        return str(platforms.parse(text))
    except PlatformError as error:
        raise FunctionError(f"{where}: {error.message}") from error


def expected(type_: TypeDef, module: LoadedModule) -> str:
    """Say which values a type takes: its name, and an enum's members."""
    innermost = type_
    while innermost.element is not None:
        innermost = innermost.element
    if innermost.kind is not TypeDefKind.ENUM_KIND:
        return f"the type is {type_}"
    members = ", ".join(module.own_members(innermost.name))
    return f"the type is {type_}, and {innermost} is one of {members}"


def identifiers(value: JsonData, evaluator: Evaluator) -> list[Recipe]:
    """Return the recipes that a JSON value names by ID, at any depth."""
    found: list[Recipe] = []
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, str):
            recipe = recipe_of(item, evaluator)
            if recipe is not None:
                found.append(recipe)
    return found


def recipe_of(text: str, evaluator: Evaluator) -> Recipe | None:
    """Return the recipe that a string names, None when it is no ID."""
    try:
        parse_id(text)
        return evaluator.load(text)
    except (NotFoundError, UnicodeError):
        return None


def reachable(recipes: list[Recipe], evaluator: Evaluator) -> dict[str, Recipe]:
    """Return all recipes that `recipes` need, by digest; those named by ID in arguments too."""
    found: dict[str, Recipe] = {}
    pending = list(recipes)
    while pending:
        recipe = pending.pop()
        if recipe.digest not in found:
            found[recipe.digest] = recipe
            pending += recipe.references()
            pending += identifiers([value for _, value in recipe.args], evaluator)
    return found


def rebuilt(value: JsonData, replaced: dict[str, Recipe], evaluator: Evaluator) -> JsonData:
    """Return a JSON value whose IDs name recipes with some parts replaced; `replaced` is by digest, and is added to."""
    if isinstance(value, dict):
        return {key: rebuilt(item, replaced, evaluator) for key, item in value.items()}
    if isinstance(value, list):
        return [rebuilt(item, replaced, evaluator) for item in value]
    recipe = recipe_of(value, evaluator) if isinstance(value, str) else None
    return value if recipe is None else evaluator.intern(_rebuilt(recipe, replaced, evaluator)).id


def _rebuilt(recipe: Recipe, replaced: dict[str, Recipe], evaluator: Evaluator) -> Recipe:
    if recipe.digest not in replaced:

        def part(literal: Literal) -> Literal:
            if isinstance(literal, Recipe):
                return _rebuilt(literal, replaced, evaluator)
            if isinstance(literal, list):
                return [part(item) for item in literal]
            return rebuilt(literal, replaced, evaluator) if isinstance(literal, str) else literal

        replaced[recipe.digest] = replace(
            recipe,
            parent=_rebuilt(recipe.parent, replaced, evaluator) if recipe.parent else None,
            args=tuple((name, part(literal)) for name, literal in recipe.args),
        )
    return replaced[recipe.digest]
