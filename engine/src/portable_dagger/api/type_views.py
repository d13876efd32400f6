"""The TypeDef family read back: what kind of type a definition is, and what it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from portable_dagger.api.attributes import attributes
from portable_dagger.api.kinds import TypeDefKind
from portable_dagger.api.registry import ObjectType
from portable_dagger.api.type_def import TYPE_DEF
from portable_dagger.graph.values import Value
from portable_dagger.modules.typedefs import EnumMember, FieldTypeDef, Function, SourceMap, TypeDef


@dataclass(frozen=True, slots=True)
class View(Value):
    """A type definition seen as one of its kind."""

    type: TypeDef


class ObjectTypeDef(View):
    """An object's definition."""

    api_type: ClassVar[str] = "ObjectTypeDef"


class InterfaceTypeDef(View):
    """An interface's definition."""

    api_type: ClassVar[str] = "InterfaceTypeDef"


class InputTypeDef(View):
    """An input object's definition."""

    api_type: ClassVar[str] = "InputTypeDef"


class EnumTypeDef(View):
    """An enum's definition."""

    api_type: ClassVar[str] = "EnumTypeDef"


class ListTypeDef(View):
    """A list's definition."""

    api_type: ClassVar[str] = "ListTypeDef"


class ScalarTypeDef(View):
    """A scalar's definition."""

    api_type: ClassVar[str] = "ScalarTypeDef"


VIEWS: dict[str, tuple[TypeDefKind, type[View]]] = {
    "asObject": (TypeDefKind.OBJECT_KIND, ObjectTypeDef),
    "asInterface": (TypeDefKind.INTERFACE_KIND, InterfaceTypeDef),
    "asInput": (TypeDefKind.INPUT_KIND, InputTypeDef),
    "asEnum": (TypeDefKind.ENUM_KIND, EnumTypeDef),
    "asList": (TypeDefKind.LIST_KIND, ListTypeDef),
    "asScalar": (TypeDefKind.SCALAR_KIND, ScalarTypeDef),
}
_NAME = (str, "The name of the type.", "type.name")
_DESCRIPTION = (str, "The doc string, if any.", "type.description")
_SOURCE_MAP = (SourceMap | None, "The location of this declaration.", "type.source_map")
_MODULE = (str, "The module that the type comes from, if any.", "type.module")
_FUNCTIONS = (list[Function], "Functions defined on this type, if any.", "type.functions")
_MEMBERS = (list[EnumMember], "The members of the enum.", "type.members")
_FIELDS = (list[FieldTypeDef], "Static fields defined on this type, if any.", "type.fields")

OBJECT = ObjectType("ObjectTypeDef", "A definition of a custom object defined in a Module.")
INTERFACE = ObjectType(
    "InterfaceTypeDef", "A definition of a custom interface defined in a Module."
)
INPUT = ObjectType("InputTypeDef", "A graphql input type.")
ENUM = ObjectType("EnumTypeDef", "A definition of a custom enum defined in a Module.")
MEMBER = ObjectType("EnumValueTypeDef", "A definition of a value in a custom enum.")
LIST = ObjectType("ListTypeDef", "A definition of a list type in a Module.")
SCALAR = ObjectType("ScalarTypeDef", "A definition of a custom scalar defined in a Module.")
FIELD = ObjectType("FieldTypeDef", "A definition of a field on a custom object.")
SOURCE_MAP = ObjectType("SourceMap", "Source location information.")


def _as(kind: TypeDefKind, view: type[View]) -> Callable[[TypeDef], View | None]:
    return lambda type_: view(type_) if type_.kind is kind else None


attributes(
    TYPE_DEF,
    kind=(TypeDefKind, "The kind of type this is."),
    name=(str, "The name of the type."),
    optional=(bool, "Whether this type can be set to null."),
    **{
        name: (view | None, f"The definition, if its kind is {kind.name}.", _as(kind, view))
        for name, (kind, view) in VIEWS.items()
    },
)
attributes(
    OBJECT,
    name=_NAME,
    description=_DESCRIPTION,
    sourceMap=_SOURCE_MAP,
    sourceModuleName=_MODULE,
    functions=_FUNCTIONS,
    fields=_FIELDS,
    constructor=(
        Function | None,
        "The function that makes new objects, if any.",
        "type.constructor",
    ),
    deprecated=(str | None, "The reason this type is deprecated, if any.", "type.deprecated"),
)
attributes(
    INTERFACE,
    name=_NAME,
    description=_DESCRIPTION,
    sourceMap=_SOURCE_MAP,
    sourceModuleName=_MODULE,
    functions=_FUNCTIONS,
)
attributes(INPUT, name=_NAME, fields=_FIELDS)
attributes(
    ENUM,
    name=_NAME,
    description=_DESCRIPTION,
    sourceMap=_SOURCE_MAP,
    sourceModuleName=_MODULE,
    members=_MEMBERS,
    values=_MEMBERS,
)
attributes(LIST, elementTypeDef=(TypeDef, "The type of the elements in the list.", "type.element"))
attributes(SCALAR, name=_NAME, description=_DESCRIPTION, sourceModuleName=_MODULE)
attributes(
    MEMBER,
    name=(str, "The name of the enum member."),
    value=(str, "The value of the enum member."),
    description=(str, "The doc string, if any."),
    sourceMap=(SourceMap | None, "The location of this declaration.", "source_map"),
    deprecated=(str | None, "The reason this member is deprecated, if any."),
)
attributes(
    FIELD,
    name=(str, "The name of the field."),
    typeDef=(TypeDef, "The type of the field.", "type_def"),
    description=(str, "The doc string, if any."),
    sourceMap=(SourceMap | None, "The location of this declaration.", "source_map"),
    deprecated=(str | None, "The reason this field is deprecated, if any."),
)
attributes(
    SOURCE_MAP,
    filename=(str, "The filename from the module source."),
    line=(int, "The line number within the filename."),
    column=(int, "The column number within the line."),
    module=(str, "The module dependency this was declared in."),
    url=(str, "The URL to the file, if any."),
)
