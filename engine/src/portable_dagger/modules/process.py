"""Running a module's code once: a client of its own, a network slot that leads to the API, a scratch folder."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.errors import ExecError, FunctionError
from portable_dagger.modules import building
from portable_dagger.modules.call import Call, Error, FunctionCall
from portable_dagger.modules.order import Invocation
from portable_dagger.modules.worker import Run
from portable_dagger.record import tracing
from portable_dagger.record.output import Output
from portable_dagger.runtime import limits
from portable_dagger.session.client import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from portable_dagger.graph.context import Context
    from portable_dagger.modules.loaded import LoadedModule
    from portable_dagger.record.progress import Span
    from portable_dagger.session.session import Session

COMMAND: Final = "/runtime"
"""The program that runs a module in the reference engine; errors name it."""

HOSTS: Final = "127.0.0.1 localhost\n::1 localhost\n"

_STREAM_LIMIT: Final = 100 * 1024


@contextlib.asynccontextmanager
async def running(
    module: LoadedModule, asked: FunctionCall, context: Context, span: Span
) -> AsyncIterator[tuple[Any, Context]]:
    """Have the module's code answer a call; yields its answer (JSON) and the context of its own client.

    The client and the scratch folder last until the block ends. Raises ExecError or FunctionError.
    """
    engine, session = context.engine, context.session
    call = Call(asked)
    async with contextlib.AsyncExitStack() as stack:
        scratch = engine.modules.folder / "scratch" / secrets.token_hex(6)
        scratch.mkdir(parents=True)
        stack.push_async_callback(asyncio.to_thread, shutil.rmtree, scratch, ignore_errors=True)
        own = Client(session, module.client_types, scratch, module=module, call=call)
        client = session.open_client(own)
        stack.callback(session.close_client, client)
        slot = await engine.network.acquire(session.id, cut=session.offline)
        stack.push_async_callback(engine.network.release, slot)
        port = await stack.enter_async_context(engine.served_in(slot))
        group = limits.make(engine.limits, scratch.name) if engine.limits.any else None
        if group:
            stack.callback(group.remove)
        entrances = group.entrances if group else ()
        files = (("/etc/hosts", HOSTS), ("/etc/resolv.conf", slot.resolver))
        worker = engine.modules.worker

        async def build(wanted: building.Build) -> tuple[int, str]:
            printed = bytearray()
            order = building.order(wanted, worker.stage, entrances, files)
            code = await worker.execute(
                order, lambda _, text: printed.extend(text), Path(slot.path)
            )
            return code, printed.decode(errors="replace")

        run = Run(
            module.source,
            module.folder,
            scratch,
            port,
            client.token,
            network=Path(slot.path),
            packages=await engine.modules.packages(module, build),
            schema=await engine.modules.schema_file(client),
            environment=((tracing.VARIABLE, _trace(session)),),
            files_inside=files,
            invocation=_invocation(asked),
            entrances=entrances,
        )
        output = Output(engine.logs_folder, [], span)
        stack.callback(output.remove)
        code = await worker.run(run, output.write)
        output.end()
        if call.error is not None:
            raise failure(call.error)
        if call.value is None:
            met = group.exceeded() if group else ""
            stdout, stderr = (
                output.path(stream).read_text(errors="replace") for stream in ("stdout", "stderr")
            )
            raise ExecError(
                f"exit code: {code}" + (f": {met}" if met else ""),
                cmd=[COMMAND],
                exit_code=code,
                stdout=stdout.strip()[-_STREAM_LIMIT:],
                stderr=stderr.strip()[-_STREAM_LIMIT:],
            )
        yield json.loads(call.value), replace(context, client=client, recipe=None, receiver=None)


def _trace(session: Session) -> str:
    return tracing.child_of(session.environment_of(tracing.VARIABLE), session.id)


def _invocation(asked: FunctionCall) -> Invocation | None:
    if not asked.parent_name:
        return None
    inputs = {argument.name: json.loads(argument.value) for argument in asked.input_args}
    return Invocation(asked.parent_name, asked.name, json.loads(asked.parent), inputs)


def failure(error: Error) -> ExecError | FunctionError:
    """Return what module code reported as an error of the engine; a failed command stays one."""
    details = error.details()
    if details.get("_type") == "EXEC_ERROR":
        return ExecError(
            error.message,
            cmd=details.get("cmd", []),
            exit_code=details.get("exitCode", 1),
            stdout=details.get("stdout", ""),
            stderr=details.get("stderr", ""),
        )
    return FunctionError(error.message, values=details)
