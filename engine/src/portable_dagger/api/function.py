"""The Function type and its arguments: how a module tells its functions."""

from __future__ import annotations

import dataclasses

from portable_dagger.api.attributes import attributes
from portable_dagger.api.kinds import FunctionCachePolicy
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType
from portable_dagger.api.types import EMPTY, Json
from portable_dagger.graph.context import Context
from portable_dagger.modules.typedefs import Function, FunctionArg, SourceMap, TypeDef

FUNCTION = ObjectType("Function", "Function represents a resolver provided by a Module.")
ARGUMENT = ObjectType("FunctionArg", "An argument accepted by a function.")


@QUERY.field()
async def function(self: object, context: Context, *, name: str, return_type: TypeDef) -> Function:
    """Creates a function."""
    return Function(name, return_type)


@FUNCTION.field()
async def with_arg(
    self: Function,
    context: Context,
    *,
    name: str,
    type_def: TypeDef,
    description: str = "",
    default_value: Json | None = None,
    default_path: str = "",
    ignore: list[str] = EMPTY,
    source_map: SourceMap | None = None,
    deprecated: str | None = None,
    default_address: str = "",
) -> Function:
    """Returns the function with the provided argument."""
    added = FunctionArg(
        name,
        type_def,
        description,
        default_value,
        default_path,
        default_address,
        tuple(ignore),
        source_map,
        deprecated,
    )
    return dataclasses.replace(self, args=(*self.args, added))


@FUNCTION.field()
async def with_description(self: Function, context: Context, *, description: str) -> Function:
    """Returns the function with the given doc string."""
    return dataclasses.replace(self, description=description)


@FUNCTION.field()
async def with_cache_policy(
    self: Function,
    context: Context,
    *,
    policy: FunctionCachePolicy,
    time_to_live: str | None = None,
) -> Function:
    """Returns the function updated to use the provided cache policy."""
    return dataclasses.replace(self, cache_policy=policy, time_to_live=time_to_live or "")


@FUNCTION.field()
async def with_deprecated(
    self: Function, context: Context, *, reason: str | None = None
) -> Function:
    """Returns the function with the provided deprecation reason."""
    return dataclasses.replace(self, deprecated=reason or "")


@FUNCTION.field()
async def with_source_map(self: Function, context: Context, *, source_map: SourceMap) -> Function:
    """Returns the function with the given source map."""
    return dataclasses.replace(self, source_map=source_map)


@FUNCTION.field()
async def with_check(self: Function, context: Context) -> Function:
    """Returns the function with a flag indicating it's a check."""
    return dataclasses.replace(self, check=True)


@FUNCTION.field()
async def with_generator(self: Function, context: Context) -> Function:
    """Returns the function with a flag indicating it's a generator."""
    return dataclasses.replace(self, generate=True)


@FUNCTION.field()
async def with_up(self: Function, context: Context) -> Function:
    """Returns the function with a flag indicating it returns a service for `up`."""
    return dataclasses.replace(self, up=True)


attributes(
    FUNCTION,
    name=(str, "The name of the function."),
    description=(str, "A doc string for the function, if any."),
    returnType=(TypeDef, "The type returned by the function.", "return_type"),
    args=(list[FunctionArg], "Arguments accepted by the function, if any."),
    sourceMap=(SourceMap | None, "The location of this function declaration.", "source_map"),
    sourceModuleName=(str, "The module that the function comes from, if any.", lambda _: ""),
    deprecated=(str | None, "The reason this function is deprecated, if any."),
)
attributes(
    ARGUMENT,
    name=(str, "The name of the argument."),
    description=(str, "A doc string for the argument, if any."),
    typeDef=(TypeDef, "The type of the argument.", "type_def"),
    defaultValue=(Json, "A default value as JSON, if any.", lambda arg: arg.default_value or ""),
    defaultPath=(str, "Load from this path of the context directory if not given.", "default_path"),
    defaultAddress=(str, "Load from this address if not given.", "default_address"),
    ignore=(list[str], "Patterns to ignore when a directory is loaded."),
    sourceMap=(SourceMap | None, "The location of this arg declaration.", "source_map"),
    deprecated=(str | None, "The reason this argument is deprecated, if any."),
)
