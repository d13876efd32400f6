"""Calls of a module's functions: arguments in, a process of the module's code, a value out; kept as policy says."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from portable_dagger import __version__
from portable_dagger.errors import ModuleError
from portable_dagger.graph.recipe import Recipe
from portable_dagger.graph.steps import step_key
from portable_dagger.graph.values import Directory, File
from portable_dagger.modules import content
from portable_dagger.modules.call import FunctionCall, FunctionCallArgValue
from portable_dagger.modules.durations import seconds
from portable_dagger.modules.identity import content_keys
from portable_dagger.modules.objects import from_module, identifiers, reachable, to_module
from portable_dagger.modules.pinning import pin
from portable_dagger.modules.process import running
from portable_dagger.modules.typedefs import FunctionCachePolicy, TypeDefKind
from portable_dagger.session.client import Client

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.modules.loader import LoadedModule
    from portable_dagger.modules.typedefs import Function, FunctionArg

WEEK: Final = 7 * 24 * 3600
"""Seconds that a result is kept at most (the brief, section 5.2)."""


async def call(  # noqa: PLR0913, PLR0917  a call has these parts
    module: LoadedModule,
    function: Function,
    object_name: str,
    state: Any,  # noqa: ANN401  JSON
    given: dict[str, Any],
    context: Context,
) -> Any:  # noqa: ANN401  any value
    """Call a function with evaluated arguments by the module's own names, and return its value.

    Raises ExecError or FunctionError when it fails.
    """
    arguments = await _arguments(module, function, given, context)
    asked = FunctionCall(
        object_name,
        function.name,
        json.dumps(state),
        tuple(FunctionCallArgValue(name, json.dumps(value)) for name, value in arguments.items()),
    )
    shown = f"{module.name}: {function.name or 'constructor'}"
    with context.session.progress.span("function", shown) as span:
        key = await _key(module, function, asked, arguments, state, context)
        kept = await module.results.find(key, context) if key else None
        span.cached = kept is not None
        if kept is not None:
            inside = _inside(module, context)
            return await from_module(kept["value"], function.return_type, module, inside)

        async def produce() -> Any:  # noqa: ANN401
            async with running(module, asked, context, span) as (value, inside):
                result = await from_module(value, function.return_type, module, inside)
                await _settle(value, inside)
                if key:
                    await _keep(module, function, key, value, inside)
                return result

        if not key:
            return await produce()
        return await module.results.sharing.once((key, context.session.id), produce)


async def _arguments(
    module: LoadedModule, function: Function, given: dict[str, Any], context: Context
) -> dict[str, Any]:
    """Return the arguments as module code takes them; what is missing and has a default of its own is left out."""
    found = {}
    for argument in function.args:
        if given.get(argument.name) is not None:
            value = await to_module(given[argument.name], argument.type_def, module, context)
            found[argument.name] = await _pinned(value, argument, context)
        elif argument.default_path:
            found[argument.name] = await _contextual(module, argument, context)
        elif argument.default_address:
            image = Recipe("Container", "container")
            args = (("address", argument.default_address),)
            recipe = Recipe("Container", "from", image, args, context.session.id)
            found[argument.name] = context.engine.evaluator.intern(recipe).id
    return found


async def _pinned(value: Any, argument: FunctionArg, context: Context) -> Any:  # noqa: ANN401  JSON
    """Replace a directory or file by its content, without what the argument ignores."""
    if argument.type_def.name not in {"Directory", "File"} or not isinstance(value, str):
        return value
    evaluator = context.engine.evaluator
    recipe = evaluator.load(value)
    if argument.ignore and argument.type_def.name == "Directory":
        args = (("path", "/"), ("source", recipe), ("exclude", list(argument.ignore)))
        recipe = Recipe("Directory", "withDirectory", Recipe("Directory", "directory"), args)
    return pin(await evaluator.evaluate(recipe, context), evaluator).id


async def _contextual(module: LoadedModule, argument: FunctionArg, context: Context) -> str:
    """Load what a default path names (brief, section 2.7)."""
    path = content.contextual(module.source, argument.default_path)
    found: Directory | File
    if argument.type_def.name == "File":
        found = await content.file(path, context)
    elif argument.type_def.name == "Directory":
        found = await content.directory(path, context, exclude=argument.ignore)
    else:
        raise ModuleError(
            f"argument {argument.name!r}: default paths of {argument.type_def.name} are not supported",
            "use a Directory or a File, or pass the argument",
        )
    return pin(found, context.engine.evaluator).id


async def _key(  # noqa: PLR0913, PLR0917
    module: LoadedModule,
    function: Function,
    asked: FunctionCall,
    arguments: dict[str, Any],
    state: Any,  # noqa: ANN401
    context: Context,
) -> str:
    """Return the key under which the result is kept; empty if it never is."""
    if function.cache_policy is FunctionCachePolicy.Never:
        return ""
    inputs = await content_keys([state, arguments], context)
    identity = [__version__, module.files.digest, module.name, asked.parent_name, asked.name]
    return step_key("function", [*identity, inputs])


async def _keep(
    module: LoadedModule, function: Function, key: str, value: Any, context: Context  # noqa: ANN401
) -> None:
    """Keep a result: in the store if the policy allows and nothing in it belongs to this session, else in memory."""
    expires = time.time() + min(seconds(function.time_to_live), WEEK)
    needed = reachable(identifiers(value, context.engine.evaluator), context.engine.evaluator)
    default = function.cache_policy is FunctionCachePolicy.Default
    lasting = default and module.source.config.function_caching
    if lasting and not any(recipe.scope for recipe in needed.values()):
        await module.results.store(key, {"value": value, "expires": expires}, needed, context)
    else:
        module.results.remember(key, {"value": value, "expires": expires}, context)


async def _settle(value: Any, context: Context) -> None:  # noqa: ANN401  JSON
    """Evaluate what the answer took from the working directory, before that is gone."""
    evaluator = context.engine.evaluator
    for recipe in reachable(identifiers(value, evaluator), evaluator).values():
        if recipe.parent is not None and recipe.parent.type in {"CurrentModule", "Host"}:
            await evaluator.evaluate(recipe, context)


def _inside(module: LoadedModule, context: Context) -> Context:
    """Return the context in which a module's recipes are evaluated when none of its code runs."""
    client = Client(context.session, module.client_types, context.client.workdir, module=module)
    return replace(context, client=client)
