"""The JSONValue type."""

from __future__ import annotations

from typing import Any

from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType
from portable_dagger.api.types import Json
from portable_dagger.errors import QueryError
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import JsonValue, go_json

JSON_VALUE = ObjectType("JSONValue", "A JSON value.")


@QUERY.field(name="json")
async def new_json(self: object, context: Context) -> JsonValue:
    """Initialize a JSON value."""
    return JsonValue()


def _expected(value: JsonValue, kind: type | tuple[type, ...], what: str) -> Any:  # noqa: ANN401
    found = value.value
    if not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool):
        raise QueryError(f"JSON value {value.text[:40]} is not {what}")
    return found


@JSON_VALUE.field()
async def as_array(self: JsonValue, context: Context) -> list[JsonValue]:
    """Decode an array."""
    return [JsonValue.of(item) for item in _expected(self, list, "an array")]


@JSON_VALUE.field()
async def as_boolean(self: JsonValue, context: Context) -> bool:
    """Decode a boolean."""
    return bool(_expected(self, bool, "a boolean"))


@JSON_VALUE.field()
async def as_integer(self: JsonValue, context: Context) -> int:
    """Decode an integer."""
    return int(_expected(self, (int, float), "an integer"))


@JSON_VALUE.field()
async def as_string(self: JsonValue, context: Context) -> str:
    """Decode a string."""
    return str(_expected(self, str, "a string"))


@JSON_VALUE.field()
async def fields(self: JsonValue, context: Context) -> list[str]:
    """List the keys of an object."""
    return list(_expected(self, dict, "an object"))


@JSON_VALUE.field()
async def field(self: JsonValue, context: Context, *, path: list[str]) -> JsonValue:
    """Look up a value by its path of keys."""
    return self.at(path)


@JSON_VALUE.field()
async def contents(
    self: JsonValue, context: Context, *, pretty: bool = False, indent: str = "  "
) -> Json:
    """Return the value as JSON text."""
    if pretty:
        return Json(go_json(self.value, indent))
    return Json(self.text)


@JSON_VALUE.field()
async def new_boolean(self: JsonValue, context: Context, *, value: bool) -> JsonValue:
    """Encode a boolean."""
    return JsonValue.of(value)


@JSON_VALUE.field()
async def new_integer(self: JsonValue, context: Context, *, value: int) -> JsonValue:
    """Encode an integer."""
    return JsonValue.of(value)


@JSON_VALUE.field()
async def new_string(self: JsonValue, context: Context, *, value: str) -> JsonValue:
    """Encode a string."""
    return JsonValue.of(value)


@JSON_VALUE.field()
async def with_contents(self: JsonValue, context: Context, *, contents: Json) -> JsonValue:
    """Return a value decoded from JSON text."""
    return JsonValue.parse(contents)


@JSON_VALUE.field()
async def with_field(
    self: JsonValue, context: Context, *, path: list[str], value: JsonValue
) -> JsonValue:
    """Set a value under a path of keys; objects on the way are made."""
    root = self.value if isinstance(self.value, dict) else {}
    here = root
    for key in path[:-1]:
        here = here.setdefault(key, {})
    here[path[-1]] = value.value
    return JsonValue.of(root)
