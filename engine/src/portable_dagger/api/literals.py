"""GraphQL argument literals to plain values, by the argument's type.

The reference engine is more lenient than the GraphQL specification in some places (quoted enums, numbers in quotes,
integers above 32 bits) and stricter in one (a single value is not taken for a list): the brief, section 10.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from graphql.language import ast

from portable_dagger.api.registry import REQUIRED
from portable_dagger.api.types import input_fields
from portable_dagger.errors import PlatformError, QueryError
from portable_dagger.graph.recipe import Recipe
from portable_dagger.images import platform as platforms

if TYPE_CHECKING:
    from portable_dagger.api.registry import Argument
    from portable_dagger.api.types import TypeRef

LoadId = Callable[[str, str], Recipe]
"""(ID, wanted type) -> recipe."""

Enums = Mapping[str, type[enum.Enum]]
"""The enums that a client is served, its modules' ones included."""


def arguments(
    field: str,
    declared: tuple[Argument, ...],
    nodes: tuple[ast.ArgumentNode, ...],
    variables: dict[str, Any],
    load: LoadId,
    enums: Enums,
) -> tuple[tuple[str, Any], ...]:
    """Return the arguments that differ from their defaults, in declared order; QueryError for a bad one."""
    given = {node.name.value: plain(node.value, variables) for node in nodes or ()}
    known = {argument.name for argument in declared}
    for name in given:
        if name not in known:
            raise QueryError(f'Unknown argument "{name}" on field "{field}".')
    found = []
    for argument in declared:
        value = given.get(argument.name)
        if value is None:
            if argument.default is not REQUIRED:
                continue
            state = "cannot be null" if argument.name in given else "is required"
            raise QueryError(f'parse field "{field}": argument "{argument.name}" {state}')
        where = f'parse field "{field}": init arg "{argument.name}"'
        literal = coerce(value, argument.type, where, load, enums)
        if argument.default is REQUIRED or literal != _literal(argument.default):
            found.append((argument.name, literal))
    return tuple(found)


def plain(node: ast.ValueNode, variables: dict[str, Any]) -> Any:
    """Return a literal as JSON; enum names become strings, variables their values."""
    match node:
        case ast.VariableNode():
            return variables.get(node.name.value)
        case ast.NullValueNode():
            return None
        case ast.IntValueNode():
            return int(node.value)
        case ast.FloatValueNode():
            return float(node.value)
        case ast.ListValueNode():
            return [plain(item, variables) for item in node.values]
        case ast.ObjectValueNode():
            return {f.name.value: plain(f.value, variables) for f in node.fields}
        case ast.StringValueNode() | ast.BooleanValueNode() | ast.EnumValueNode():
            return node.value
    raise QueryError(f"no value: {node}")


def coerce(value: Any, type_: TypeRef, where: str, load: LoadId, enums: Enums) -> Any:
    """Check a JSON value against a type and return it as a recipe's literal."""
    if value is None:
        if type_.optional:
            return None
        raise QueryError(f"{where}: {type_} cannot be null")
    if type_.element is not None:
        if not isinstance(value, list):
            raise QueryError(f"{where}: {value!r} is no list ({type_} is wanted)")
        return [coerce(item, type_.element, where, load, enums) for item in value]
    if type_.is_object:
        if not isinstance(value, str):
            raise QueryError(f"{where}: {value!r} is no ID of a {type_.name}")
        return load(value, type_.name)
    if type_.kind == "enum":
        members = enums[type_.name].__members__
        if not isinstance(value, str) or value not in members:
            raise QueryError(
                f'{where}: invalid enum value "{value}" for {type_.name}: one of {", ".join(members)} is wanted'
            )
        return members[value].name
    if type_.kind == "input":
        return _input(value, type_, where, load, enums)
    return _scalar(value, type_, where)


def _input(value: Any, type_: TypeRef, where: str, load: LoadId, enums: Enums) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise QueryError(f"{where}: {value!r} is no {type_.name}")
    fields = input_fields(type_.name)
    for key in value:
        if key not in fields:
            raise QueryError(f'{where}: {type_.name} has no field "{key}"')
    return {
        key: coerce(item, fields[key][0], f"{where}.{key}", load, enums)
        for key, item in value.items()
        if item is not None or not fields[key][0].optional
    }


def _scalar(value: Any, type_: TypeRef, where: str) -> Any:
    wanted = type_.name
    if wanted == "Boolean" and isinstance(value, bool):
        return value
    if wanted == "Int" and not isinstance(value, bool | float):
        try:
            return int(value)
        except (ValueError, TypeError):
            pass
    if wanted == "Float" and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, TypeError):
            pass
    if wanted == "Platform" and isinstance(value, str):
        try:
            return str(platforms.parse(value))
        except PlatformError as error:
            raise QueryError(f"{where}: {error.message}", error.hint) from error
    if wanted not in {"Boolean", "Int", "Float"} and isinstance(value, str):
        return value
    raise QueryError(f"{where}: cannot create {wanted} from {value!r}")


def _literal(default: Any) -> Any:
    if isinstance(default, tuple):
        return list(default)
    return getattr(default, "name", default)
