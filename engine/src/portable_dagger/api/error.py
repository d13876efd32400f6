"""The Error type: what module code reports when a function fails."""

from __future__ import annotations

import dataclasses

from portable_dagger.api.attributes import attributes
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType
from portable_dagger.api.types import Json
from portable_dagger.graph.context import Context
from portable_dagger.modules.call import Error, ErrorValue

ERROR = ObjectType("Error", "An error, with values that say more about it.")
ERROR_VALUE = ObjectType("ErrorValue", "A detail of an error.")


@QUERY.field()
async def error(self: object, context: Context, *, message: str) -> Error:
    """Create a new error."""
    return Error(message)


@ERROR.field()
async def with_value(self: Error, context: Context, *, name: str, value: Json) -> Error:
    """Add a value to the error."""
    return dataclasses.replace(self, values=(*self.values, ErrorValue(name, value)))


attributes(
    ERROR,
    message=(str, "A description of the error."),
    values=(list[ErrorValue], "The extra values of the error."),
)
attributes(
    ERROR_VALUE,
    name=(str, "The name of the value."),
    value=(Json, "The value, as JSON."),
)
