"""Calls of a module's functions: arguments in, a process of the module's code, a value out; kept as policy says."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from portable_dagger import __version__
from portable_dagger.api.kinds import FunctionCachePolicy
from portable_dagger.errors import FunctionError, ModuleError
from portable_dagger.graph.recipe import Recipe
from portable_dagger.graph.steps import step_key
from portable_dagger.graph.values import Directory, File, Secret
from portable_dagger.modules import content
from portable_dagger.modules.call import AnyValue, FunctionCall, FunctionCallArgValue, JsonData
from portable_dagger.modules.durations import seconds
from portable_dagger.modules.identity import content_keys
from portable_dagger.modules.objects import (
    expected,
    from_module,
    identifiers,
    reachable,
    rebuilt,
    recipe_of,
    to_module,
)
from portable_dagger.modules.pinning import pin
from portable_dagger.modules.process import running
from portable_dagger.record.inputs import Account, Files, Hidden, Inputs
from portable_dagger.session.client import Client

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.modules.loaded import LoadedModule
    from portable_dagger.modules.typedefs import Function, FunctionArg

WEEK: Final = 7 * 24 * 3600
"""Seconds that a result is kept at most (the brief, section 5.2)."""

LASTING: Final = frozenset({"from", "cacheVolume"})
"""Fields with a scope whose answers mean the same in a later session, if the same module asks."""


@dataclass(frozen=True, slots=True)
class Target:
    """A function of an object: the object's type by the module's own name, and its state."""

    module: LoadedModule
    function: Function
    object_name: str
    state: JsonData


async def call(target: Target, given: dict[str, AnyValue], context: Context) -> AnyValue:
    """Call a function with evaluated arguments by the module's own names, and return its value.

    Raises ExecError or FunctionError when it fails.
    """
    module, function = target.module, target.function
    arguments = await _arguments(module, function, given, context)
    shown = f"{module.name}: {function.name or 'constructor'}"
    with context.session.progress.span("function", shown) as span:
        key, inputs = await _key(target, arguments, context)
        span.account = Account.of(key, **inputs)
        captures = context.session.captures
        # A step that is to be captured although it passes has to happen, not to be part of a kept result.
        usable = captures is None or not captures.order.pattern
        kept = await module.results.find(key, context) if key and usable else None
        span.cached = kept is not None
        if kept is not None:
            inside = _inside(module, context)
            return await from_module(kept["value"], function.return_type, module, inside, shown)

        async def produce() -> AnyValue:
            asked = _asked(target, arguments)
            try:
                async with running(module, asked, context, span) as (value, inside):
                    settled = await _settled(value, inside)
                    result = await from_module(settled, function.return_type, module, inside, shown)
                    if key and inside.client.call.lasting:
                        await _keep(target, key, settled, inside)
                    return result
            except FunctionError as error:
                value = error.values.get("extra.value")
                if error.values.get("exception.type") != "InvalidResultError" or not value:
                    raise
                text = f"{error.message}\n{value} was answered, but {expected(function.return_type, module)}"
                raise FunctionError(text, values=error.values) from error

        if not key:
            return await produce()
        return await module.results.sharing.once((key, context.session.id), produce)


def _asked(target: Target, arguments: dict[str, JsonData]) -> FunctionCall:
    values = [FunctionCallArgValue(name, json.dumps(value)) for name, value in arguments.items()]
    state = json.dumps(target.state)
    return FunctionCall(target.object_name, target.function.name, state, tuple(values))


async def _arguments(
    module: LoadedModule, function: Function, given: dict[str, Any], context: Context
) -> dict[str, Any]:
    """Return the arguments as module code takes them; what is missing and has a default of its own is left out."""
    found = {}
    for argument in function.args:
        if given.get(argument.name) is not None:
            value = await to_module(given[argument.name], argument.type_def, module, context)
            found[argument.name] = await _pinned(value, argument, context)
        elif argument.customized:
            found[argument.name] = json.loads(argument.default_value or "null")
        elif argument.default_path:
            found[argument.name] = await _contextual(module, argument, context)
        elif argument.default_address:
            image = Recipe("Container", "container")
            args = (("address", argument.default_address),)
            recipe = Recipe("Container", "from", image, args, context.session.id)
            found[argument.name] = context.engine.evaluator.intern(recipe).id
        elif argument.is_workspace:
            recipe = Recipe("Workspace", "currentWorkspace", scope=context.client.id)
            found[argument.name] = context.engine.evaluator.intern(recipe).id
    return found


async def _pinned(value: JsonData, argument: FunctionArg, context: Context) -> JsonData:
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
    if argument.type_def.name in {"GitRepository", "GitRef"}:
        recipe = content.repository(module.user, argument.default_path, context)
        if argument.type_def.name == "GitRef":
            recipe = Recipe("GitRef", "head", recipe, (), context.session.id)
        return context.engine.evaluator.intern(recipe).id
    path = content.contextual(module.user, argument.default_path)
    found: Directory | File
    if argument.type_def.name == "File":
        found = await content.file(path, context)
    elif argument.type_def.name == "Directory":
        found = await content.directory(path, context, exclude=argument.ignore)
    else:
        raise ModuleError(
            f"argument {argument.name!r}: default paths of {argument.type_def.name} are not supported",
            "use a Directory, a File, a GitRepository or a GitRef, or pass the argument",
        )
    return pin(found, context.engine.evaluator).id


async def _key(
    target: Target, arguments: dict[str, JsonData], context: Context
) -> tuple[str, Inputs]:
    """Return the key under which the result is kept, empty if it never is, and what it depends on by name."""
    module, function = target.module, target.function
    named: Inputs = {
        "module": f"{module.name} {module.digest[:16]}",
        "function": f"{target.object_name}.{function.name}",
    }
    if function.cache_policy is FunctionCachePolicy.Never:
        asked = {f"argument {name}": value for name, value in arguments.items()}
        return "", {**named, **asked, "cache policy": "never"}
    state, given = await content_keys([target.state, arguments], context)
    for name, value in arguments.items():
        named[f"argument {name}"] = await _recorded(value, given[name], context)
    identity = [__version__, module.digest, module.name, target.object_name, function.name]
    return step_key("function", [*identity, [state, given]]), {**named, "object": state}


async def _recorded(value: JsonData, content: JsonData, context: Context) -> AnyValue:
    """Return an argument for the record: files and secrets as such, all else as its content counts."""
    recipe = recipe_of(value, context.engine.evaluator) if isinstance(value, str) else None
    if recipe is None:
        return content
    found = await context.engine.evaluator.evaluate(recipe, context)
    match found:
        case Directory() | File():
            return Files(found.root.layers, found.path, content[1][1])
        case Secret():
            return Hidden(found.cache_key)
        case _:
            return step_key(recipe.type, content)[:16]


async def _keep(target: Target, key: str, value: JsonData, context: Context) -> None:
    """Keep a result: in the store if the policy allows and nothing in it belongs to this session, else in memory."""
    module, function = target.module, target.function
    result = {"value": value, "expires": time.time() + min(seconds(function.time_to_live), WEEK)}
    needed = reachable(identifiers(value, context.engine.evaluator), context.engine.evaluator)
    default = function.cache_policy is FunctionCachePolicy.Default
    # Without a network it may have answered something else.
    lasting = default and module.source.config.function_caching and not context.session.offline
    if lasting and not any(r.scope for r in needed.values() if r.field not in LASTING):
        await module.results.store(key, result, needed, context)
    else:
        module.results.remember(key, result, context)


async def _settled(value: JsonData, context: Context) -> JsonData:
    """Pin what the answer took from the working directory, which is gone afterwards."""
    evaluator = context.engine.evaluator
    pinned = {}
    for recipe in reachable(identifiers(value, evaluator), evaluator).values():
        if recipe.parent is not None and recipe.parent.type in {"CurrentModule", "Host"}:
            found = await evaluator.evaluate(recipe, context)
            if isinstance(found, Directory | File):
                pinned[recipe.digest] = pin(found, evaluator)
    return rebuilt(value, pinned, evaluator) if pinned else value


def _inside(module: LoadedModule, context: Context) -> Context:
    """Return the context in which a module's recipes are evaluated when none of its code runs."""
    client = Client(context.session, module.client_types, context.client.workdir, module=module)
    return replace(context, client=client)
