"""What the engine tells about a module's types, as plain values.

The engine's `POST /module` and `GET /type/NAME` answer with the JSON that `from_json` below reads; names are the API's
(lowerCamel, PascalCase), the command line shows them in kebab-case.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from portable_dagger.modules.names import kebab

LIST = "LIST_KIND"
ENUM = "ENUM_KIND"
OBJECT = "OBJECT_KIND"
INTERFACE = "INTERFACE_KIND"
VOID = "VOID_KIND"
BOOLEAN = "BOOLEAN_KIND"


class Type(NamedTuple):
    """The type of an argument or of a result; `element` is that of a list's items."""

    kind: str
    name: str | None = None
    optional: bool = False
    element: Type | None = None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Type:
        """Read the engine's form."""
        element = data.get("element")
        return cls(
            data["kind"],
            data.get("name"),
            bool(data.get("optional")),
            cls.from_json(element) if element else None,
        )

    @property
    def item(self) -> Type:
        """The type itself, or that of a list's innermost items."""
        return self.element.item if self.element else self

    @property
    def has_functions(self) -> bool:
        """Whether a chain can go on after a value of this type, or after each item of a list of it."""
        return self.item.kind in {OBJECT, INTERFACE}


class Argument(NamedTuple):
    """An argument of a function; `default` is JSON text."""

    name: str
    type: Type
    description: str = ""
    default: str | None = None
    default_path: str = ""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Argument:
        """Read the engine's form."""
        return cls(
            data["name"],
            Type.from_json(data["type"]),
            data.get("description") or "",
            data.get("default"),
            data.get("defaultPath") or "",
        )

    @property
    def flag(self) -> str:
        """The flag's name, without dashes before it."""
        return kebab(self.name)

    @property
    def required(self) -> bool:
        """Whether a call without it cannot be made."""
        return not self.type.optional and self.default is None and not self.default_path


class Function(NamedTuple):
    """A function, or a field (a function without arguments)."""

    name: str
    returns: Type
    args: tuple[Argument, ...] = ()
    description: str = ""
    check: bool = False
    generate: bool = False
    up: bool = False

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Function:
        """Read the engine's form."""
        return cls(
            data["name"],
            Type.from_json(data["returns"]),
            tuple(Argument.from_json(argument) for argument in data.get("args") or ()),
            data.get("description") or "",
            bool(data.get("check")),
            bool(data.get("generate")),
            bool(data.get("up")),
        )

    @property
    def command(self) -> str:
        """The word that calls it."""
        return kebab(self.name)

    @property
    def summary(self) -> str:
        """The first line of its description, or a dash."""
        lines = self.description.strip().splitlines()
        return lines[0].strip() if lines else "-"


class Object(NamedTuple):
    """An object or an interface; `functions` has its fields too, sorted by command."""

    name: str
    functions: tuple[Function, ...]
    description: str = ""
    constructor: Function | None = None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Object:
        """Read the engine's form."""
        functions = {f["name"]: Function.from_json(f) for f in data.get("functions") or ()}
        for field in data.get("fields") or ():
            shown = Function(
                field["name"], Type.from_json(field["type"]), (), field.get("description") or ""
            )
            functions.setdefault(field["name"], shown)
        functions.pop("id", None)
        constructor = data.get("constructor")
        return cls(
            data["name"],
            tuple(sorted(functions.values(), key=lambda function: function.command)),
            data.get("description") or "",
            Function.from_json(constructor) if constructor else None,
        )


class Module(NamedTuple):
    """A module as served in a session: `root` is the field of Query that makes its main object."""

    name: str
    main: str
    root: str
    objects: dict[str, Object]
    enums: dict[str, tuple[str, ...]]
    description: str = ""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Module:
        """Read the engine's form."""
        described = {**(data.get("interfaces") or {}), **data["objects"]}
        return cls(
            data["name"],
            data["main"],
            data["root"],
            {name: Object.from_json(item) for name, item in described.items()},
            {
                name: tuple(member["name"] for member in item["members"])
                for name, item in (data.get("enums") or {}).items()
            },
            data.get("description") or "",
        )

    @property
    def constructor(self) -> Function:
        """The function that makes the main object."""
        made = self.objects[self.main].constructor
        description = self.description or self.objects[self.main].description
        arguments = made.args if made else ()
        return Function(self.root, Type(OBJECT, self.main), arguments, description)
