"""Types of the API as plain data, and how Python annotations spell them.

A field's Python signature is its GraphQL signature: `str`, `int`, `float`, `bool`, `list[T]`, `T | None`, enum classes,
input dataclasses, and value classes (graph.values), which stand for objects of the same name. An object as an argument
is an ID on the wire.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from dataclasses import dataclass
from typing import Any, Final, NewType

Json = NewType("Json", str)
"""JSON text; the scalar `JSON`."""
Platform = NewType("Platform", str)
"""`os/architecture[/variant]`; the scalar `Platform`."""
Identifier = NewType("Identifier", str)
"""An object's ID; the scalar `ID`."""

EMPTY: Final[list[Any]] = []
"""The default of an argument that is a list; nobody writes to it."""

SCALARS: dict[Any, str] = {
    str: "String",
    int: "Int",
    float: "Float",
    bool: "Boolean",
    Json: "JSON",
    Platform: "Platform",
    Identifier: "ID",
    type(None): "Void",
}


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A use of a type: kind is scalar, enum, input, object, interface or list."""

    kind: str
    name: str = ""
    optional: bool = False
    element: TypeRef | None = None

    def __str__(self) -> str:
        """GraphQL notation, objects by their own names."""
        text = f"[{self.element}]" if self.kind == "list" else self.name
        return text if self.optional else text + "!"

    @property
    def is_object(self) -> bool:
        """Whether a field of this type answers an object."""
        return self.kind in {"object", "interface"}

    @property
    def holds_objects(self) -> bool:
        """Whether a field of this type answers a list of objects."""
        return self.kind == "list" and self.element is not None and self.element.is_object


ENUMS: dict[str, type[enum.Enum]] = {}
INPUTS: dict[str, type[Any]] = {}


EnumClass = typing.TypeVar("EnumClass", bound=type[enum.Enum])
InputClass = typing.TypeVar("InputClass", bound=type[Any])


def enum_type(cls: EnumClass) -> EnumClass:
    """Register an enum of the API; its docstring is its description."""
    ENUMS[cls.__name__] = cls
    return cls


def input_type(cls: InputClass) -> InputClass:
    """Register a dataclass as an input object of the API."""
    INPUTS[cls.__name__] = cls
    return cls


def type_ref(annotation: Any) -> TypeRef:
    """Translate a Python annotation; TypeError for one that the API has no type for."""
    origin = typing.get_origin(annotation)
    if origin in {typing.Union, types.UnionType}:
        members = [a for a in typing.get_args(annotation) if a is not type(None)]
        if len(members) == 1:
            inner = type_ref(members[0])
            return TypeRef(inner.kind, inner.name, optional=True, element=inner.element)
    if origin is list:
        return TypeRef("list", element=type_ref(typing.get_args(annotation)[0]))
    if annotation is None or annotation is type(None):
        return TypeRef("scalar", "Void", optional=True)
    if annotation in SCALARS:
        return TypeRef("scalar", SCALARS[annotation])
    if isinstance(annotation, type):
        if issubclass(annotation, enum.Enum):
            return TypeRef("enum", annotation.__name__)
        if annotation.__name__ in INPUTS:
            return TypeRef("input", annotation.__name__)
        if hasattr(annotation, "api_type"):
            return TypeRef("object", annotation.api_type)
    raise TypeError(f"no API type for the annotation {annotation!r}")


def input_fields(name: str) -> dict[str, tuple[TypeRef, Any]]:
    """Return the fields of an input type: API name to (type, default or dataclasses.MISSING)."""
    cls = INPUTS[name]
    hints = typing.get_type_hints(cls)
    return {f.name: (type_ref(hints[f.name]), f.default) for f in dataclasses.fields(cls)}


def input_value(name: str, literal: dict[str, Any]) -> Any:
    """Build an input object from plain JSON values."""
    kinds = input_fields(name)
    values = {
        key: ENUMS[kinds[key][0].name][value] if kinds[key][0].kind == "enum" else value
        for key, value in literal.items()
    }
    return INPUTS[name](**values)
