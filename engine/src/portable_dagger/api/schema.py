"""The GraphQL schema, derived from the registry: for introspection and for validation of requests."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any

from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLDeprecatedDirective,
    GraphQLDirective,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    Undefined,
    execute_sync,
    validate,
)
from graphql.validation import (
    FieldsOnCorrectTypeRule,
    KnownArgumentNamesRule,
    KnownDirectivesRule,
    KnownFragmentNamesRule,
    KnownTypeNamesRule,
    OverlappingFieldsCanBeMergedRule,
)

from portable_dagger.api.changes import explained
from portable_dagger.api.registry import REQUIRED
from portable_dagger.api.types import INPUTS, TypeRef, input_fields

if TYPE_CHECKING:
    import enum

    from graphql.language import DocumentNode

    from portable_dagger.api.registry import Argument, Field, ObjectType, Types

RULES = (
    FieldsOnCorrectTypeRule,
    KnownArgumentNamesRule,
    KnownDirectivesRule,
    KnownFragmentNamesRule,
    KnownTypeNamesRule,
    OverlappingFieldsCanBeMergedRule,
)
"""What the reference engine validates; it leaves out value types and scalar leaves (the brief, section 1.4)."""

DIRECTIVES = (
    "cache",
    "check",
    "defaultAddress",
    "defaultPath",
    "enumValue",
    "expectedType",
    "experimental",
    "generate",
    "ignorePatterns",
    "sourceMap",
    "up",
)

BUILT_IN_SCALARS = {
    "String": GraphQLString,
    "Int": GraphQLInt,
    "Float": GraphQLFloat,
    "Boolean": GraphQLBoolean,
    "ID": GraphQLID,
}


class Schema:
    """A GraphQL schema for one set of types."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._named: dict[str, Any] = dict(BUILT_IN_SCALARS)
        identifiers = [f"{name}ID" for name in (*types.objects, *types.interfaces)]
        for scalar in ("JSON", "Platform", "Void", *identifiers):
            self._named[scalar] = GraphQLScalarType(scalar)
        for name, members in types.enums.items():
            self._named[name] = _enum(name, members)
        for name in INPUTS:
            self._named[name] = GraphQLInputObjectType(name, partial(self._inputs, name))
        for name, interface in types.interfaces.items():
            self._named[name] = GraphQLInterfaceType(
                name, partial(self._fields, interface), description=interface.description
            )
        for name, object_ in types.objects.items():
            self._named[name] = GraphQLObjectType(
                name,
                partial(self._fields, object_),
                interfaces=partial(self._interfaces, object_),
                description=object_.description,
            )
        used = [value for key, value in self._named.items() if key not in BUILT_IN_SCALARS]
        self.graphql = GraphQLSchema(
            query=self._named["Query"],
            types=used,
            directives=sorted(
                [
                    *(
                        GraphQLDirective(d, [DirectiveLocation.FIELD_DEFINITION])
                        for d in DIRECTIVES
                    ),
                    GraphQLDeprecatedDirective,
                ],
                key=lambda directive: directive.name,
            ),
        )
        self._introspections: dict[str, dict[str, Any]] = {}

    def validate(self, document: DocumentNode) -> list[str]:
        """Return the messages of what is wrong with a request."""
        return [explained(e.message) for e in validate(self.graphql, document, RULES)]

    def introspect(self, document: DocumentNode, text: str) -> dict[str, Any]:
        """Answer a request about the schema; the answer to a text is computed once."""
        if text not in self._introspections:
            result = execute_sync(self.graphql, document)
            self._introspections[text] = dict(result.formatted)
        return self._introspections[text]

    def _interfaces(self, object_: ObjectType) -> list[Any]:
        return [self._named[name] for name in object_.interfaces]

    def _fields(self, object_: ObjectType) -> dict[str, GraphQLField]:
        fields = {"id": GraphQLField(GraphQLNonNull(GraphQLID))}
        for name, field in object_.fields.items():
            fields[name] = self._field(field)
        return dict(sorted(fields.items()))

    def _field(self, field: Field) -> GraphQLField:
        return GraphQLField(
            self._type(field.type),
            args={argument.name: self._argument(argument) for argument in field.arguments},
            description=field.description,
            deprecation_reason=field.deprecated,
        )

    def _argument(self, argument: Argument) -> GraphQLArgument:
        type_ = argument.type
        value: Any = Undefined
        if argument.default is not REQUIRED:
            type_ = dataclasses.replace(type_, optional=True)
            if argument.default is not None:
                value = _default(argument.default)
        return GraphQLArgument(
            self._type(type_, argument=True),
            default_value=value,
            deprecation_reason=argument.deprecated,
        )

    def _inputs(self, name: str) -> dict[str, GraphQLInputField]:
        return {
            key: GraphQLInputField(
                self._type(type_, argument=True),
                default_value=(
                    Undefined if default in {dataclasses.MISSING, None} else _default(default)
                ),
            )
            for key, (type_, default) in input_fields(name).items()
        }

    def _type(self, type_: TypeRef, *, argument: bool = False) -> Any:  # noqa: ANN401
        if type_.element is not None:
            inner: Any = GraphQLList(self._type(type_.element, argument=argument))
        elif argument and type_.is_object:
            inner = GraphQLID
        else:
            inner = self._named[type_.name]
        return inner if type_.optional else GraphQLNonNull(inner)


def _enum(name: str, members: type[enum.Enum]) -> GraphQLEnumType:
    return GraphQLEnumType(
        name,
        {key: GraphQLEnumValue(key) for key in members.__members__},
        description=members.__doc__,
    )


def _default(value: Any) -> Any:  # noqa: ANN401  a literal
    if isinstance(value, tuple):
        return list(value)
    return getattr(value, "name", value)
