"""Types that a module registers, as plain data: the values behind the API's TypeDef family.

One class stands for every kind of type definition, as in the API itself: a reference names a type, a definition has
fields, functions or members. Names are the module's own ones (brief, section 2.3); modules.names makes the API's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import cattrs

from portable_dagger.api.kinds import FunctionCachePolicy, TypeDefKind
from portable_dagger.graph.values import Value


@dataclass(frozen=True, slots=True)
class SourceMap(Value):
    """A place in a module's source."""

    api_type: ClassVar[str] = "SourceMap"
    filename: str
    line: int
    column: int
    module: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class FunctionArg(Value):
    """An argument of a function; `default_value` is JSON text, None when there is none.

    The default of a `customized` one is not the function's own: it is given to it.
    """

    api_type: ClassVar[str] = "FunctionArg"
    name: str
    type_def: TypeDef
    description: str = ""
    default_value: str | None = None
    default_path: str = ""
    default_address: str = ""
    ignore: tuple[str, ...] = ()
    source_map: SourceMap | None = None
    deprecated: str | None = None
    customized: bool = False

    @property
    def required(self) -> bool:
        """Whether a caller must give it."""
        has_default = self.default_value is not None or self.default_path or self.default_address
        return not has_default and not self.type_def.optional and not self.is_workspace

    @property
    def is_workspace(self) -> bool:
        """Whether the engine gives the caller's workspace when no other one is given."""
        return self.type_def.kind is TypeDefKind.OBJECT_KIND and self.type_def.name == "Workspace"


@dataclass(frozen=True, slots=True)
class Function(Value):
    """A function of an object; the constructor's name is empty. `time_to_live` is the module's own text."""

    api_type: ClassVar[str] = "Function"
    name: str
    return_type: TypeDef
    description: str = ""
    args: tuple[FunctionArg, ...] = ()
    check: bool = False
    generate: bool = False
    up: bool = False
    cache_policy: FunctionCachePolicy = FunctionCachePolicy.Default
    time_to_live: str = ""
    source_map: SourceMap | None = None
    deprecated: str | None = None


@dataclass(frozen=True, slots=True)
class FieldTypeDef(Value):
    """A field of an object, answered from its state."""

    api_type: ClassVar[str] = "FieldTypeDef"
    name: str
    type_def: TypeDef
    description: str = ""
    source_map: SourceMap | None = None
    deprecated: str | None = None


@dataclass(frozen=True, slots=True)
class EnumMember(Value):
    """A member of an enum."""

    api_type: ClassVar[str] = "EnumValueTypeDef"
    name: str
    value: str = ""
    description: str = ""
    source_map: SourceMap | None = None
    deprecated: str | None = None


@dataclass(frozen=True, slots=True)
class TypeDef(Value):
    """A reference to a type, or its definition."""

    api_type: ClassVar[str] = "TypeDef"
    kind: TypeDefKind = TypeDefKind.VOID_KIND
    name: str = ""
    optional: bool = False
    description: str = ""
    element: TypeDef | None = None
    fields: tuple[FieldTypeDef, ...] = ()
    functions: tuple[Function, ...] = ()
    constructor: Function | None = None
    members: tuple[EnumMember, ...] = ()
    source_map: SourceMap | None = None
    deprecated: str | None = None
    module: str = ""

    def __str__(self) -> str:
        """Return the type as messages show it: `String`, `[Tone]`."""
        if self.element is not None:
            return f"[{self.element}]"
        return self.name or self.kind.name.removesuffix("_KIND").capitalize()


@dataclass(frozen=True, slots=True)
class Module(Value):
    """What a module registers: its description and the definitions of its types."""

    api_type: ClassVar[str] = "Module"
    name: str = ""
    description: str = ""
    objects: tuple[TypeDef, ...] = ()
    interfaces: tuple[TypeDef, ...] = ()
    enums: tuple[TypeDef, ...] = ()

    def named(self, name: str) -> Module:
        """Return the module with its name, which registration leaves out."""
        return replace(self, name=name)

    def object(self, name: str) -> TypeDef | None:
        """Return the definition of an object by the module's own name of it."""
        return next((o for o in self.objects if o.name == name), None)


def without_code(name: str, main: str) -> Module:
    """Return the types of a module that has no code of its own: its main object, empty."""
    return Module(name, objects=(TypeDef(TypeDefKind.OBJECT_KIND, main),))


_converter = cattrs.Converter(omit_if_default=True)


def encode(module: Module) -> dict[str, Any]:
    """Return a module's types as JSON."""
    encoded: dict[str, Any] = _converter.unstructure(module)
    return encoded


def decode(data: dict[str, Any]) -> Module:
    """Rebuild a module's types from their JSON."""
    return _converter.structure(data, Module)
