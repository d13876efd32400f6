"""The registry of object types and their fields, from which the GraphQL schema is derived.

    CONTAINER = ObjectType("Container", "An OCI-compatible container.")

    @CONTAINER.field()
    async def with_user(self: Container, context: Context, *, name: str) -> Container:
        \"\"\"Retrieve this container with a different command user.\"\"\"

A field that answers an object is lazy: asking for it only makes a recipe, and its function runs when a leaf below it is
asked for. Fields that answer scalars, enums, lists or nullable objects run at once.
"""

from __future__ import annotations

import enum
import functools
import inspect
import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from portable_dagger.api.types import TypeRef, type_ref

if TYPE_CHECKING:
    from portable_dagger.api.schema import Schema
    from portable_dagger.session.client import Client

REQUIRED: Any = inspect.Parameter.empty
"""The default of an argument that must be given."""

Resolve = Callable[..., Awaitable[Any]]

Prepare = Callable[["Client", dict[str, Any]], dict[str, Any]]
"""Changes the literal arguments before they become part of a recipe."""


class Scope(enum.Enum):
    """What a field's answer depends on beside its arguments (the brief, section 5.2)."""

    NOTHING = "nothing"
    SESSION = "session"
    CLIENT = "client"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a field."""

    name: str
    keyword: str
    type: TypeRef
    default: Any = REQUIRED
    description: str = ""
    deprecated: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object type; `resolve(self, context, **arguments)` answers it.

    One that `loads` is answered by the object that its argument `id` names.
    """

    name: str
    type: TypeRef
    arguments: tuple[Argument, ...]
    resolve: Resolve
    description: str = ""
    scope: Scope = Scope.NOTHING
    step: str = ""
    deprecated: str | None = None
    experimental: bool = False
    prepare: Prepare | None = None
    eager: bool = False
    loads: bool = False

    @property
    def lazy(self) -> bool:
        """Whether asking for the field only makes a recipe."""
        return self.type.is_object and not self.type.optional


@dataclass(slots=True)
class ObjectType:
    """An object type of the API and its fields by name.

    A `structural` one is an interface of a module: any object with its fields fits.
    """

    name: str
    description: str = ""
    interfaces: tuple[str, ...] = ("Node",)
    fields: dict[str, Field] = field(default_factory=dict)
    structural: bool = False

    def fits(self, other: ObjectType) -> bool:
        """Whether an object has the fields of a structural type, with answers of the same types."""
        return self.structural and all(
            name in other.fields and _alike(wanted.type, other.fields[name].type)
            for name, wanted in self.fields.items()
        )

    def field(
        self,
        *,
        name: str = "",
        scope: Scope = Scope.NOTHING,
        step: str = "",
        returns: TypeRef | None = None,
        deprecated: str | None = None,
        experimental: bool = False,
        deprecated_arguments: dict[str, str] | None = None,
        prepare: Prepare | None = None,
        eager: bool = False,
    ) -> Callable[[Resolve], Resolve]:
        """Register an async function as a field; `step` is the kind of step that progress shows for it.

        An `eager` one is evaluated when it is asked for, although it answers an object.
        """

        def register(function: Resolve) -> Resolve:
            key = name or camel(function.__name__)
            self.fields[key] = Field(
                name=key,
                type=returns or _return_type(function),
                arguments=_arguments(function, deprecated_arguments or {}),
                resolve=function,
                description=inspect.getdoc(function) or "",
                scope=scope,
                step=step,
                deprecated=deprecated,
                experimental=experimental,
                prepare=prepare,
                eager=eager,
            )
            return function

        return register


def _alike(wanted: TypeRef, found: TypeRef) -> bool:
    """Whether answers have the same form; objects may be of types of their own."""
    if wanted.element is not None and found.element is not None:
        return _alike(wanted.element, found.element)
    return wanted.kind == found.kind and (wanted.is_object or wanted.name == found.name)


@dataclass(slots=True, eq=False, weakref_slot=True)
class Types:
    """The object types that one client is served: the core's, and those of its modules; never changed once made.

    `schema` is the GraphQL schema of them, for whoever derives it to keep (Engine.schema_of).
    """

    objects: dict[str, ObjectType] = field(default_factory=dict)
    interfaces: dict[str, ObjectType] = field(default_factory=dict)
    enums: dict[str, type[enum.Enum]] = field(default_factory=dict)
    schema: Schema | None = None

    def extended(self, other: Types) -> Types:
        """Return these types with those of `other` added; fields of a type that both have are merged.

        Sessions that are served the same get the same object, and with it its schema.
        """
        return _extended(self, other)


@functools.lru_cache(maxsize=32)
def _extended(base: Types, other: Types) -> Types:
    objects = dict(base.objects)
    for name, added in other.objects.items():
        known = objects.get(name)
        objects[name] = (
            ObjectType(
                name,
                known.description,
                known.interfaces,
                {**known.fields, **added.fields},
                known.structural,
            )
            if known
            else added
        )
    return Types(objects, {**base.interfaces, **other.interfaces}, {**base.enums, **other.enums})


def camel(name: str) -> str:
    """snake_case to the API's camelCase; a trailing underscore (a Python keyword) is dropped."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def _return_type(function: Resolve) -> TypeRef:
    return type_ref(typing.get_type_hints(function)["return"])


def _arguments(function: Resolve, deprecated: dict[str, str]) -> tuple[Argument, ...]:
    hints = typing.get_type_hints(function)
    return tuple(
        Argument(
            name=camel(keyword),
            keyword=keyword,
            type=type_ref(hints[keyword]),
            default=parameter.default,
            deprecated=deprecated.get(keyword),
        )
        for keyword, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    )
