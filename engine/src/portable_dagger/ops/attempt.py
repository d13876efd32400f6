"""One run of a command in a container, from its services to its exit code; what becomes of it is for the caller."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portable_dagger.errors import EngineError, ExecError, MountError, NotFoundError
from portable_dagger.ops.launch import Launch, Options, launch
from portable_dagger.ops.nesting import nested_session
from portable_dagger.ops.paths import absolute, locate
from portable_dagger.record.output import Output
from portable_dagger.runtime.process import start
from portable_dagger.session.running import Bound
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from portable_dagger.bundle.data import Found
    from portable_dagger.graph.context import Context
    from portable_dagger.graph.values import Container
    from portable_dagger.ops.command import Command
    from portable_dagger.record.progress import Span
    from portable_dagger.runtime.slot import Slot
    from portable_dagger.runtime.traffic import Traffic


@dataclass(slots=True)
class Ended:
    """A command that has ended.

    error: why it never ended by itself; `code` is -1 then. found: the services' files as the command found them, if
    they are captured. started: seconds since the epoch; duration: seconds.
    """

    code: int = -1
    error: EngineError | None = None
    prepared: Launch | None = None
    output: Output | None = None
    bound: Bound = field(default_factory=Bound)
    found: Found | None = None
    traffic: Traffic | None = None
    """What it sent to outside; counted where a capture or a session without network wants to know."""

    started: float = field(default_factory=time.time)
    duration: float = 0.0


@contextlib.asynccontextmanager
async def attempt(
    container: Container, context: Context, command: Command, span: Span
) -> AsyncIterator[Ended]:
    """Run the command; yields how it ended, with its file systems still there and its services still up.

    A command that cannot begin, as its user or a mount point is missing, has ended too: `prepared` or `output` may be
    None then. Raises what keeps it from being tried, such as a service that does not start.
    """
    ended = Ended()
    async with contextlib.AsyncExitStack() as stack:
        services = context.session.services
        asked = time.monotonic()
        ended.bound = await services.bind(container.services, context, command.args)
        if container.services and span.account is not None:
            span.account.waited["services"] = time.monotonic() - asked
        try:
            await _run(container, context, command, ended, span, stack)
        except (ExecError, MountError) as error:
            ended.error = error
        yield ended


async def _run(  # noqa: PLR0913, PLR0917  a command, where it runs, and what becomes of it
    container: Container,
    context: Context,
    command: Command,
    ended: Ended,
    span: Span,
    stack: contextlib.AsyncExitStack,
) -> None:
    engine = context.engine
    slot: Slot | None = None
    if command.network:
        slot = await engine.network.acquire(context.session.id, cut=context.session.offline)
        stack.push_async_callback(engine.network.release, slot, reuse=not command.privileged)
    environment: tuple[tuple[str, str], ...] = ()
    if command.nested and slot is not None:
        environment = await stack.enter_async_context(nested_session(context, slot))
    options = Options(
        args=command.args,
        name="exec-" + secrets.token_hex(6),
        stdin=await asyncio.to_thread(_stdin, container, context, command),
        privileged=command.privileged,
        init=command.init,
        environment=environment,
        hosts=ended.bound.hosts,
        clock=command.clock,
        limits=command.limits,
    )
    try:
        ended.prepared = await stack.enter_async_context(launch(container, context, options, slot))
    except NotFoundError as error:
        if not error.message.startswith("unable to find"):
            raise
        raise _failed(command, f"get user: {error.message}", -1) from error
    targets = {"stdout": command.redirect_stdout, "stderr": command.redirect_stderr}
    redirected = [stream for stream, target in targets.items() if target]
    ended.output = Output(engine.logs_folder, ended.prepared.secrets, span, redirected)
    stack.callback(ended.output.remove)
    _check_redirects(container, context, command)
    captures = context.session.captures
    if captures is not None:
        ended.found = await captures.find(container, context)
    ended.started = time.time()
    process = await start(ended.prepared.plan, ended.output.write)
    try:
        ended.code = await ended.bound.watch(process)
    except EngineError as error:
        ended.error = error
    finally:
        ended.output.end()
        ended.duration = time.time() - ended.started
    if slot is not None and (captures is not None or context.session.offline):
        ended.traffic = engine.network.sent_outside(slot)


def _stdin(container: Container, context: Context, command: Command) -> bytes | None:
    if not command.redirect_stdin:
        return command.stdin.encode() if command.stdin else None
    snapshot, path = locate(container, absolute(container, command.redirect_stdin))
    tree = Tree(context.store.layer_paths(snapshot))
    if tree.lookup(path) is None:
        message = f"open redirect stdin file: open {path}: no such file or directory"
        raise _failed(command, message, -1)
    return tree.read_bytes(path)


def _check_redirects(container: Container, context: Context, command: Command) -> None:
    """Redirect targets need their folder before the command runs, and before a workdir is made."""
    for stream, target in (
        ("stdout", command.redirect_stdout),
        ("stderr", command.redirect_stderr),
    ):
        if not target:
            continue
        path = absolute(container, target)
        snapshot, inner = locate(container, path)
        tree = Tree(context.store.layer_paths(snapshot))
        if tree.lookup(inner.rpartition("/")[0] or "/") is None:
            message = f"open redirect {stream} file: open {path}: no such file or directory"
            raise _failed(command, message, -1)


def _failed(command: Command, message: str, code: int) -> ExecError:
    return ExecError(message, cmd=list(command.args), exit_code=code, stdout="", stderr="")
