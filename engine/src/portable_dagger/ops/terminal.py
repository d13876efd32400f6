"""A terminal in a container: one that was asked for, and one after a step that failed."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import secrets
import shlex
from typing import TYPE_CHECKING

from portable_dagger.errors import ServiceError
from portable_dagger.ops.launch import Launch, Options, launch
from portable_dagger.ops.nesting import nested_session
from portable_dagger.runtime import overlay
from portable_dagger.runtime.plan import OverlayMount
from portable_dagger.runtime.process import Process

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.graph.context import Context
    from portable_dagger.graph.values import Container, Service
    from portable_dagger.runtime.plan import ProcessPlan
    from portable_dagger.session.running import Bound

SHELL = ("sh",)


async def open_in(
    container: Container,
    context: Context,
    args: Sequence[str],
    *,
    nested: bool = False,
    privileged: bool = False,
) -> int:
    """Run a command, or the container's own terminal command, on the user's terminal; what it writes is dropped.

    Returns the exit code. Raises TerminalError when the user has no terminal.
    """
    context.session.terminals.check()
    words = tuple(args) or container.terminal_command or SHELL
    engine = context.engine
    async with contextlib.AsyncExitStack() as stack:
        bound = await context.session.services.bind(container.services, context, words)
        slot = await engine.network.acquire(context.session.id, cut=context.session.offline)
        stack.push_async_callback(engine.network.release, slot, reuse=not privileged)
        environment = (
            await stack.enter_async_context(nested_session(context, slot)) if nested else ()
        )
        options = Options(
            args=words,
            name="terminal-" + secrets.token_hex(6),
            privileged=privileged,
            environment=environment,
            hosts=bound.hosts,
        )
        prepared = await stack.enter_async_context(launch(container, context, options, slot))
        plan = on_terminal(prepared.plan, context.session.environment_of("TERM"))
        return await context.session.terminals.run(plan, watch=bound.watch)


async def open_in_service(service: Service, context: Context, args: Sequence[str]) -> int:
    """Run a command, or the container's own terminal command, beside a service, which is started if need be.

    Returns the exit code. Raises TerminalError when the user has no terminal, ServiceError when there is no container.
    """
    context.session.terminals.check()
    running = await context.session.services.start(service, context)
    if service.container is None or not isinstance(running.process, Process):
        raise ServiceError(
            f"service {service.hostname} has no container: it is one of the host, or a tunnel",
            "a terminal opens in services that a container was made into",
        )
    words = tuple(args) or service.container.terminal_command or SHELL
    kind = context.session.environment_of("TERM")

    def change(plan: ProcessPlan) -> ProcessPlan:
        return dataclasses.replace(on_terminal(plan, kind), args=words)

    return await context.session.terminals.visit(running.process, change)


async def open_where(
    container: Container, context: Context, prepared: Launch, bound: Bound, headline: str
) -> None:
    """Open a shell where a step has ended: its file systems as it left them, its services and network still there."""
    line = shlex.join(prepared.plan.args)
    plan = on_terminal(prepared.plan, context.session.environment_of("TERM"))
    shell = container.terminal_command or SHELL
    plan = dataclasses.replace(plan, args=shell, name="terminal-" + secrets.token_hex(6))
    for mount in (plan.root, *plan.mounts):
        if isinstance(mount, OverlayMount):
            await asyncio.to_thread(overlay.renew, mount)
    banner = (
        f"\n{headline}:\n  {line}\n"
        "Its container as the command left it; leave the shell (exit) to end the call.\n\n"
    )
    # A line feed would run what is before it.
    typed = "" if "\n" in line else line
    await context.session.terminals.run(plan, banner=banner, typed=typed, watch=bound.watch)


def on_terminal(plan: ProcessPlan, kind: str | None) -> ProcessPlan:
    """Return a plan whose process has a terminal, of this kind unless the container says another."""
    known = dict(plan.env)
    known.setdefault("TERM", kind or "xterm")
    return dataclasses.replace(plan, env=tuple(known.items()), terminal=True, stdin=None)
