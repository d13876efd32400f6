"""Types described for the command line: plain JSON (see session.server)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from portable_dagger.api.registry import REQUIRED
from portable_dagger.errors import NotFoundError

if TYPE_CHECKING:
    from portable_dagger.api.registry import Argument, Field, Types
    from portable_dagger.api.types import TypeRef

SCALAR_KINDS = {
    "String": "STRING_KIND",
    "Int": "INTEGER_KIND",
    "Float": "FLOAT_KIND",
    "Boolean": "BOOLEAN_KIND",
    "Void": "VOID_KIND",
}
KINDS = {
    "enum": "ENUM_KIND",
    "object": "OBJECT_KIND",
    "interface": "INTERFACE_KIND",
    "input": "INPUT_KIND",
    "list": "LIST_KIND",
}


def describe_type(types: Types, name: str) -> dict[str, Any]:
    """Return OBJECT of a type; NotFoundError when there is none of this name."""
    known = types.objects.get(name) or types.interfaces.get(name)
    if known is None:
        raise NotFoundError(f"there is no type {name}")
    return {
        "name": name,
        "description": known.description,
        "constructor": None,
        "functions": [_function(field) for field in known.fields.values()],
        "fields": [],
    }


def _function(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "description": field.description,
        "args": [_argument(argument) for argument in field.arguments],
        "returns": type_json(field.type),
        "check": False,
        "generate": False,
        "up": False,
        "deprecated": field.deprecated,
    }


def _argument(argument: Argument) -> dict[str, Any]:
    default: str | None = None
    if argument.default is not REQUIRED and argument.default is not None:
        default = json.dumps(getattr(argument.default, "name", argument.default))
    return {
        "name": argument.name,
        "description": argument.description,
        "type": type_json(argument.type, optional=argument.default is not REQUIRED),
        "default": default,
        "defaultPath": "",
        "ignore": [],
    }


def type_json(type_: TypeRef, *, optional: bool = False) -> dict[str, Any]:
    """Return TYPE of a type reference."""
    kind = KINDS.get(type_.kind) or SCALAR_KINDS.get(type_.name, "SCALAR_KIND")
    return {
        "kind": kind,
        "name": type_.name or None,
        "optional": optional or type_.optional,
        "element": type_json(type_.element) if type_.element else None,
    }
