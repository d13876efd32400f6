"""The call that a module's code answers: currentFunctionCall."""

from __future__ import annotations

from portable_dagger.api.attributes import attributes
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.api.types import Json
from portable_dagger.errors import QueryError
from portable_dagger.graph.context import Context
from portable_dagger.modules.call import Call, Error, FunctionCall, FunctionCallArgValue

FUNCTION_CALL = ObjectType("FunctionCall", "An active function call.")
ARGUMENT_VALUE = ObjectType(
    "FunctionCallArgValue", "A value passed as a named argument to a function call."
)


@QUERY.field(scope=Scope.CLIENT)
async def current_function_call(self: object, context: Context) -> FunctionCall:
    """The FunctionCall context that the SDK caller is currently executing in."""
    return _call(context).asked


@FUNCTION_CALL.field()
async def return_value(self: FunctionCall, context: Context, *, value: Json) -> None:
    """Set the return value of the function call to the provided value."""
    _call(context).answer(value)


@FUNCTION_CALL.field()
async def return_error(self: FunctionCall, context: Context, *, error: Error) -> None:
    """Return an error from the function."""
    _call(context).fail(error)


def _call(context: Context) -> Call:
    if not isinstance(context.client.call, Call):
        raise QueryError(
            "there is no current function call", "only code of a module's functions has one"
        )
    return context.client.call


attributes(
    FUNCTION_CALL,
    name=(str, "The name of the function being called."),
    parentName=(str, "The name of the parent object; empty for the module itself.", "parent_name"),
    parent=(Json, "The value of the parent object; null for the module itself."),
    inputArgs=(list[FunctionCallArgValue], "The argument values of the call.", "input_args"),
)
attributes(
    ARGUMENT_VALUE,
    name=(str, "The name of the argument."),
    value=(Json, "The value of the argument represented as a JSON serialized string."),
)
