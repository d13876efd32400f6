"""The forked child of the zygote: from the fork to the end of the module's code."""

from __future__ import annotations

import enum
import functools
import importlib.metadata
import io
import json
import logging
import os
import reprlib
import resource
import signal
import sys
import traceback
from dataclasses import dataclass
from importlib import invalidate_caches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import anyio
import dagger
import dagger.mod
import httpx
from dagger.client import _core, _session, gen
from dagger.mod import _module, cli
from dagger.mod._exceptions import InvalidResultError, ModuleError, record_exception
from gql.client import Client

from portable_dagger.api import changes
from portable_dagger.modules import older, sandbox
from portable_dagger.modules import order as orders

if TYPE_CHECKING:
    import socket
    from types import CodeType

    from graphql import GraphQLSchema

_FIRST_FREE = 3


@dataclass(frozen=True, slots=True)
class Api:
    """What a module's client is served: the schema, and the code of the bindings that the SDK lacks."""

    schema: GraphQLSchema
    bindings: CodeType


def warm_up() -> None:
    """Do in the zygote, once, what the SDK would import and read at the start of every run."""
    anyio.run(anyio.sleep, 0)
    httpx.AsyncHTTPTransport(verify=False)
    importlib.metadata.entry_points(group=cli.ENTRY_POINT_GROUP)
    # The SDK makes a converter for each call in a chain, which is a third of what a function computes. All are alike: a
    # context matters to lists of objects only, and the SDK's own client takes none of these from its converter.
    converter = _core.Context().converter
    vars(_core)["make_converter"] = lambda _: converter


def run(descriptors: list[int], connection: socket.socket, api: Api | None) -> NoReturn:
    """Run the module's code as the order says, and end the process with the exit code of `dagger.mod`.

    `descriptors` are the order, stdout, stderr and maybe a network namespace. What fails before user code runs is
    said on `connection`.
    """
    code = 1
    try:
        try:
            order = _prepare(descriptors)
        except Exception as error:  # noqa: BLE001  the engine raises it again
            connection.send(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
            os._exit(code)
        _close_descriptors()
        if order.command:
            os.execve(order.command[0], order.command, order.environment)  # noqa: S606  no shell
        _introduce(order, api)
        code = _run(order.invocation)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001  the process ends here; its stderr is the function's log
        traceback.print_exc()
    os._exit(code)


def _prepare(descriptors: list[int]) -> orders.Order:
    text, stdout, stderr, *network = descriptors
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with os.fdopen(text, "rb") as file:
        order = orders.decode(file.read())
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sandbox.enter(order.sandbox, network[0] if network else None)
    return order


def _close_descriptors() -> None:
    """Close the zygote's own descriptors: its socket and the connections of other calls."""
    os.closerange(_FIRST_FREE, resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def _introduce(order: orders.Order, api: Api | None) -> None:
    """Tell Python and the SDK which module this is: `dagger.mod` read its environment when the zygote imported it."""
    os.environ.clear()
    os.environ.update(order.environment)
    own = [name for name in sys.modules if name.partition(".")[0] == __package__.partition(".")[0]]
    for name in own:
        del sys.modules[name]
    standard = [path for path in sys.path if Path(path).exists()]
    sys.path[:] = [*order.search_path, *order.packages, *standard]
    for stream in (sys.stdout, sys.stderr):
        assert isinstance(stream, io.TextIOWrapper)
        stream.reconfigure(line_buffering=True, write_through=True)
    sys.argv[:] = ["/runtime"]
    invalidate_caches()
    for constant, value in (
        (_module, {"MODULE_NAME": order.module, "MAIN_OBJECT": order.main_object}),
        (cli, {"IMPORT_PKG": order.package, "MAIN_OBJECT": order.main_object}),
    ):
        vars(constant).update(value)
    vars(dagger.mod.default_module())["_main_name"] = order.main_object
    # loading the CA bundle takes 45 ms, and the engine is spoken to in plain text over loopback
    transport = functools.partial(_session.TelemetryTransport, verify=False)
    vars(_session)["TelemetryTransport"] = transport
    older.adapt(changes.version(order.engine_version))
    if api is not None:
        vars(_session)["GraphQLClient"] = functools.partial(_client, api.schema)
        _bind(api.bindings)


def _bind(code: CodeType) -> None:
    """Add the classes of dependencies to the SDK's own; `dagger.<Name>` leads to them too."""
    before = set(vars(gen))
    exec(code, vars(gen))  # noqa: S102  our own text, made from the schema # nosec B102
    for name in vars(gen).keys() - before:
        setattr(dagger, name, vars(gen)[name])


def _client(schema: GraphQLSchema, **options: object) -> object:
    """Make a GraphQL client that has its schema already: no introspection."""
    known: dict[str, Any] = {**options, "schema": schema, "fetch_schema_from_transport": False}
    return Client(**known)


def _run(invocation: orders.Invocation | None) -> int:
    try:
        return anyio.run(_answer, invocation)
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            return leaving.code or 0
        print(leaving.code, file=sys.stderr)  # noqa: T201  as the interpreter does
        return 1


async def _result(module: _module.Module, invocation: orders.Invocation) -> object:
    """Call the function; the SDK's error for a result of the wrong type gets the result, which it leaves out."""
    results: list[object] = []
    convert = module.unstructure

    async def remembering(value: object, type_: object) -> object:
        results.append(value)
        return await convert(value, type_)

    setattr(module, "unstructure", remembering)  # noqa: B010  mypy would not have a method replaced
    names = (invocation.parent_name, invocation.parent or {}, invocation.name)
    try:
        return await module.get_result(*names, invocation.inputs)
    except InvalidResultError as error:
        shown = _shown(results[-1])
        raise InvalidResultError(*error.args, extra={"value": shown}) from error


def _shown(value: object) -> str:
    """Return a plain value as text; "" for objects, whose fields may be anything."""
    if isinstance(value, list):
        items = [_shown(item) for item in value]
        return f"[{', '.join(items)}]" if all(items) else ""
    plain = value is None or isinstance(value, str | int | float | enum.Enum)
    return reprlib.repr(value) if plain else ""


async def _answer(invocation: orders.Invocation | None) -> int:
    """Do what dagger.mod.cli.main does, but for asking the API, request by request, what the order says already."""
    async with await dagger.connect():
        try:
            module = cli.load_module()
            if invocation is None:
                await module.serve()  # type: ignore[no-untyped-call]
            else:
                result = await _result(module, invocation)
                answer = dagger.JSON(json.dumps(result))
                await dagger.dag.current_function_call().return_value(answer)
        except (ModuleError, dagger.QueryError) as error:
            await record_exception(error)
            return 2
        except Exception as error:
            logging.getLogger("dagger.mod").exception("Unhandled exception")
            await record_exception(error)
            return 1
    return 0
