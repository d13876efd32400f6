"""`currentTypeDefs`: the types that a client is served, as definitions."""

from __future__ import annotations

import dataclasses
import enum
import json
from typing import Any, Final

from portable_dagger.api.kinds import TypeDefKind
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import REQUIRED, Argument, Field, ObjectType, Scope
from portable_dagger.api.types import INPUTS, TypeRef, input_fields
from portable_dagger.graph.context import Context
from portable_dagger.modules.served import served
from portable_dagger.modules.typedefs import (
    EnumMember,
    FieldTypeDef,
    Function,
    FunctionArg,
    TypeDef,
)

SCALARS: Final = {
    "String": TypeDefKind.STRING_KIND,
    "Int": TypeDefKind.INTEGER_KIND,
    "Float": TypeDefKind.FLOAT_KIND,
    "Boolean": TypeDefKind.BOOLEAN_KIND,
    "Void": TypeDefKind.VOID_KIND,
}
KINDS: Final = {
    "object": TypeDefKind.OBJECT_KIND,
    "interface": TypeDefKind.INTERFACE_KIND,
    "input": TypeDefKind.INPUT_KIND,
    "enum": TypeDefKind.ENUM_KIND,
    "scalar": TypeDefKind.SCALAR_KIND,
}


@QUERY.field(scope=Scope.CALL)
async def current_type_defs(
    self: object,
    context: Context,
    *,
    return_all_types: bool = False,
    hide_core: bool | None = None,
) -> list[TypeDef]:
    """The types that are served now: modules' and the core's, of which Query's functions can be left out.

    With returnAllTypes the plain types that they refer to are among them.
    """
    types, core = context.client.types, context.engine.core_types
    roots = types.objects["Query"].fields
    modules = [
        m
        for m in context.engine.modules.loaded
        if roots.get(m.root) is m.api_types.objects["Query"].fields[m.root]
    ]
    found = [
        definition
        for part in map(served, modules)
        for definition in (*part.objects, *part.interfaces, *part.enums)
    ]
    known = {definition.name for definition in found}
    hidden = core.objects["Query"].fields.keys() if hide_core else frozenset[str]()
    for name, one in types.objects.items():
        if name not in known:
            found.append(definition_of(one, hidden if name == "Query" else frozenset()))
    kind = TypeDefKind.INTERFACE_KIND
    found += [
        definition_of(one, kind=kind) for n, one in types.interfaces.items() if n not in known
    ]
    found += [enum_definition(name, one) for name, one in types.enums.items() if name not in known]
    found += [input_definition(name) for name in INPUTS]
    if return_all_types:
        found += [TypeDef(kind) for kind in SCALARS.values()]
        found += [TypeDef(TypeDefKind.SCALAR_KIND, name) for name in ("ID", "JSON", "Platform")]
    return found


def definition_of(
    type_: ObjectType,
    hidden: Any = frozenset(),  # noqa: ANN401  any container of names
    kind: TypeDefKind = TypeDefKind.OBJECT_KIND,
) -> TypeDef:
    """Return the definition of an object or interface, without the fields in `hidden`."""
    functions = tuple(_function(f) for name, f in type_.fields.items() if name not in hidden)
    return TypeDef(kind, type_.name, description=type_.description, functions=functions)


def enum_definition(name: str, members: type[enum.Enum]) -> TypeDef:
    """Return the definition of an enum."""
    return TypeDef(
        TypeDefKind.ENUM_KIND,
        name,
        description=members.__doc__ or "",
        members=tuple(EnumMember(key, key) for key in members.__members__),
    )


def input_definition(name: str) -> TypeDef:
    """Return the definition of an input object."""
    fields = tuple(FieldTypeDef(key, use(type_)) for key, (type_, _) in input_fields(name).items())
    return TypeDef(TypeDefKind.INPUT_KIND, name, fields=fields)


def use(type_: TypeRef) -> TypeDef:
    """Return a use of a type as a definition that refers to it by name."""
    if type_.element is not None:
        element = use(type_.element)
        return TypeDef(TypeDefKind.LIST_KIND, optional=type_.optional, element=element)
    if type_.name in SCALARS:
        return TypeDef(SCALARS[type_.name], optional=type_.optional)
    return TypeDef(KINDS[type_.kind], type_.name, type_.optional)


def _function(field: Field) -> Function:
    arguments = tuple(_argument(argument) for argument in field.arguments)
    return Function(
        field.name, use(field.type), field.description, arguments, deprecated=field.deprecated
    )


def _argument(argument: Argument) -> FunctionArg:
    type_ = use(argument.type)
    default = None
    if argument.default is not REQUIRED:
        type_ = dataclasses.replace(type_, optional=True)
        if argument.default is not None:
            value = argument.default
            plain = value.name if isinstance(value, enum.Enum) else value
            default = json.dumps(list(plain) if isinstance(plain, tuple) else plain)
    return FunctionArg(
        argument.name,
        type_,
        argument.description,
        default,
        deprecated=argument.deprecated,
    )
