"""The TypeDef family: how a module tells its types."""

from __future__ import annotations

import dataclasses

from portable_dagger.api.kinds import TypeDefKind
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType
from portable_dagger.graph.context import Context
from portable_dagger.modules.typedefs import EnumMember, FieldTypeDef, Function, SourceMap, TypeDef

TYPE_DEF = ObjectType("TypeDef", "A definition of a parameter or return type in a Module.")


@QUERY.field()
async def type_def(self: object, context: Context) -> TypeDef:
    """Create a new TypeDef."""
    return TypeDef()


@QUERY.field()
async def source_map(
    self: object, context: Context, *, filename: str, line: int, column: int
) -> SourceMap:
    """Creates source map metadata."""
    return SourceMap(filename, line, column)


@TYPE_DEF.field()
async def with_kind(self: TypeDef, context: Context, *, kind: TypeDefKind) -> TypeDef:
    """Sets the kind of the type."""
    return dataclasses.replace(self, kind=kind)


@TYPE_DEF.field()
async def with_optional(self: TypeDef, context: Context, *, optional: bool) -> TypeDef:
    """Sets whether this type can be set to null."""
    return dataclasses.replace(self, optional=optional)


@TYPE_DEF.field()
async def with_list_of(self: TypeDef, context: Context, *, element_type: TypeDef) -> TypeDef:
    """Returns a TypeDef of kind List with the provided type for its elements."""
    return dataclasses.replace(self, kind=TypeDefKind.LIST_KIND, element=element_type)


@TYPE_DEF.field()
async def with_object(
    self: TypeDef,
    context: Context,
    *,
    name: str,
    description: str = "",
    source_map: SourceMap | None = None,
    deprecated: str | None = None,
) -> TypeDef:
    """Returns a TypeDef of kind Object with the provided name."""
    return dataclasses.replace(
        self,
        kind=TypeDefKind.OBJECT_KIND,
        name=name,
        description=description,
        source_map=source_map,
        deprecated=deprecated,
    )


@TYPE_DEF.field()
async def with_interface(
    self: TypeDef,
    context: Context,
    *,
    name: str,
    description: str = "",
    source_map: SourceMap | None = None,
) -> TypeDef:
    """Returns a TypeDef of kind Interface with the provided name."""
    kind = TypeDefKind.INTERFACE_KIND
    return dataclasses.replace(
        self, kind=kind, name=name, description=description, source_map=source_map
    )


@TYPE_DEF.field()
async def with_enum(
    self: TypeDef,
    context: Context,
    *,
    name: str,
    description: str = "",
    source_map: SourceMap | None = None,
) -> TypeDef:
    """Returns a TypeDef of kind Enum with the provided name."""
    kind = TypeDefKind.ENUM_KIND
    return dataclasses.replace(
        self, kind=kind, name=name, description=description, source_map=source_map
    )


@TYPE_DEF.field()
async def with_scalar(
    self: TypeDef, context: Context, *, name: str, description: str = ""
) -> TypeDef:
    """Returns a TypeDef of kind Scalar with the provided name."""
    kind = TypeDefKind.SCALAR_KIND
    return dataclasses.replace(self, kind=kind, name=name, description=description)


@TYPE_DEF.field()
async def with_field(
    self: TypeDef,
    context: Context,
    *,
    name: str,
    type_def: TypeDef,
    description: str = "",
    source_map: SourceMap | None = None,
    deprecated: str | None = None,
) -> TypeDef:
    """Adds a static field for an Object TypeDef, failing if the type is not an object."""
    added = FieldTypeDef(name, type_def, description, source_map, deprecated)
    return dataclasses.replace(self, fields=(*self.fields, added))


@TYPE_DEF.field()
async def with_function(self: TypeDef, context: Context, *, function: Function) -> TypeDef:
    """Adds a function for an Object or Interface TypeDef, failing if the type is not one of those kinds."""
    return dataclasses.replace(self, functions=(*self.functions, function))


@TYPE_DEF.field()
async def with_constructor(self: TypeDef, context: Context, *, function: Function) -> TypeDef:
    """Adds a function for constructing a new instance of an Object TypeDef."""
    return dataclasses.replace(self, constructor=dataclasses.replace(function, name=""))


@TYPE_DEF.field()
async def with_enum_member(
    self: TypeDef,
    context: Context,
    *,
    name: str,
    value: str = "",
    description: str = "",
    source_map: SourceMap | None = None,
    deprecated: str | None = None,
) -> TypeDef:
    """Adds a static value for an Enum TypeDef, failing if the type is not an enum."""
    added = EnumMember(name, value, description, source_map, deprecated)
    return dataclasses.replace(self, members=(*self.members, added))


@TYPE_DEF.field(deprecated="Use `withEnumMember` instead")
async def with_enum_value(
    self: TypeDef,
    context: Context,
    *,
    value: str,
    description: str = "",
    source_map: SourceMap | None = None,
    deprecated: str | None = None,
) -> TypeDef:
    """Adds a static value for an Enum TypeDef, failing if the type is not an enum."""
    added = EnumMember(value, value, description, source_map, deprecated)
    return dataclasses.replace(self, members=(*self.members, added))
