"""The services of one session: one instance runs per definition, started when first needed, ended with the session."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from typing import TYPE_CHECKING, Any

from portable_dagger.errors import (
    EngineError,
    ExecError,
    MountError,
    NotFoundError,
    ServiceError,
)
from portable_dagger.graph.sharing import Sharing
from portable_dagger.ops.launch import Options, launch
from portable_dagger.ops.nesting import nested_session
from portable_dagger.record.inputs import Account, Files
from portable_dagger.record.output import Output
from portable_dagger.runtime.process import start
from portable_dagger.session.health import healthy
from portable_dagger.session.relay import Relay
from portable_dagger.session.running import Bound, Running, last_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.graph.context import Context
    from portable_dagger.graph.values import Service
    from portable_dagger.session.forwarding import Forwarder
    from portable_dagger.session.session import Session

GRACE = 10.0
"""Seconds between SIGTERM and SIGKILL (the brief, section 5.5)."""


class Services:
    """Starts, finds and stops the services of a session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._running: dict[str, Running] = {}
        self._sharing = Sharing()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._places: list[Forwarder] = []
        session.on_close(self.close)

    async def bind(
        self, bindings: tuple[tuple[str, Service], ...], context: Context, args: Sequence[str]
    ) -> Bound:
        """Start what is bound and return the names under which it is reached."""
        bound = Bound()

        async def one(alias: str, service: Service) -> tuple[str, Running]:
            try:
                return alias, await self.start(service, context)
            except ExecError as error:
                message = f"start {service.hostname} (aliased as {alias}): {error.message}"
                raise ExecError(
                    message,
                    cmd=error.cmd,
                    exit_code=error.exit_code,
                    stdout=error.stdout,
                    stderr=error.stderr,
                ) from error
            except ServiceError as error:
                message = f"start {service.hostname} (aliased as {alias}): {error.message}"
                raise ExecError(
                    message, cmd=list(args), exit_code=-1, stdout="", stderr=""
                ) from error

        bound.running = list(await asyncio.gather(*(one(a, s) for a, s in bindings)))
        bound.hosts = tuple(
            (running.address, name)
            for alias, running in bound.running
            for name in dict.fromkeys((alias, running.service.hostname))
        )
        return bound

    async def place(self, service: Service, port: int, context: Context) -> str:
        """Start a service and return host:port by which programs of the host reach a port of it.

        Without root, and offline, that is a port of the host's loopback, open until the session ends.
        """
        running = await self.start(service, context)
        if running.network.reached_from_host and not self._session.offline:
            return f"{running.address}:{port}"
        listener = socket.create_server(("127.0.0.1", 0))
        report = self._session.progress.warning
        self._places.append(await running.forward(listener, port, report))
        return f"127.0.0.1:{listener.getsockname()[1]}"

    async def start(self, service: Service, context: Context) -> Running:
        """Return the running instance of a service, healthy; start it if need be."""
        known = self._running.get(service.identity)
        if known is not None and not known.ended.done():
            return known
        running: Running = await self._sharing.once(
            service.identity, lambda: self._started(service, context)
        )
        return running

    def find(self, service: Service) -> Running:
        """Return the running instance; ServiceError when there is none."""
        running = self._running.get(service.identity)
        if running is None or running.ended.done():
            raise ServiceError(f"service {service.hostname} is not running", "start it first")
        return running

    async def stop(self, service: Service, *, kill: bool) -> None:
        """Stop a service: SIGTERM and, after ten seconds, SIGKILL; at once if asked."""
        running = self._running.pop(service.identity, None)
        if running is not None:
            await _stop(running, kill=kill)

    async def stop_all(self) -> None:
        """Stop every service at once."""
        running, self._running = list(self._running.values()), {}
        await asyncio.gather(*(_stop(r, kill=True) for r in running))

    async def close(self) -> None:
        """Stop every service; the session is gone, so none gets the full grace."""
        for forwarder in self._places:
            await forwarder.close()
        await self.stop_all()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _started(self, service: Service, context: Context) -> Running:
        ready: asyncio.Future[Running] = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(self._life(service, context, ready))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            either: list[asyncio.Future[Any]] = [task, ready]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            raise
        if not ready.done():
            task.result()
            raise ServiceError("service exited before healthcheck")
        return ready.result()

    async def _life(
        self, service: Service, context: Context, ready: asyncio.Future[Running]
    ) -> None:
        """One instance from start to end; `ready` is set once it is healthy."""
        opened = self._container if service.host is None else self._relay
        async with contextlib.AsyncExitStack() as stack:
            try:
                running = await opened(service, context, stack)
            except (MountError, NotFoundError) as error:
                await self._capture(service, error, None)
                raise
            failed: EngineError | None = None
            try:
                await healthy(running)
                self._running[service.identity] = running
                ready.set_result(running)
                await asyncio.wait([running.ended])
            except EngineError as error:
                failed = error
                raise
            finally:
                if not running.ended.done():
                    await running.process.kill()
                    await asyncio.wait([running.ended])
                running.output.end()
                running.last_words = last_lines(running.output)
                if failed is not None:
                    await self._capture(service, failed, running.output)

    async def _capture(self, service: Service, error: EngineError, output: Output | None) -> None:
        if self._session.captures is not None:
            await self._session.captures.take_service(service, error, output)

    async def _container(
        self, service: Service, context: Context, stack: contextlib.AsyncExitStack
    ) -> Running:
        """Start a service's container."""
        if service.container is None:
            raise ServiceError(f"service {service.hostname} has no container to run")
        engine = context.engine
        container = service.container
        name = "service " + " ".join(service.args)
        span = stack.enter_context(self._session.progress.span("service", name))
        span.account = Account.of(args=list(service.args), root=Files(container.root.layers))
        bound = await self.bind(container.services, context, service.args)
        slot = await engine.network.acquire(self._session.id, cut=self._session.offline)
        stack.push_async_callback(engine.network.release, slot, reuse=not service.privileged)
        environment = (
            await stack.enter_async_context(nested_session(context, slot)) if service.nested else ()
        )
        options = Options(
            args=service.args,
            name="service-" + service.identity[:16] + self._session.id[:4],
            privileged=service.privileged,
            init=service.init,
            environment=environment,
            hosts=bound.hosts,
        )
        prepared = await stack.enter_async_context(launch(container, context, options, slot))
        output = Output(engine.logs_folder, prepared.secrets, span)
        stack.callback(output.remove)
        process = await start(prepared.plan, output.write)
        ended = asyncio.ensure_future(process.wait())
        return Running(service, slot.address, process, ended, output, engine.network)

    async def _relay(
        self, service: Service, context: Context, stack: contextlib.AsyncExitStack
    ) -> Running:
        """Open the ports of the host that a service stands for, in a place of its own on the network."""
        assert service.host is not None
        network = context.engine.network
        shown = ", ".join(f"{pair.backend}" for pair in service.host.ports)
        name = f"host.service {service.host.host}:{shown}"
        if self._session.offline:
            raise ServiceError(
                f"{name} leads out of a session that is offline",
                "run it in a container, or the command line without --offline",
            )
        span = stack.enter_context(self._session.progress.span("service", name))
        slot = await network.acquire(self._session.id)
        stack.push_async_callback(network.release, slot)
        output = Output(context.engine.logs_folder, (), span)
        stack.callback(output.remove)
        relay = await Relay.open(slot, service.host, self._session.progress.warning)
        ended = asyncio.ensure_future(relay.wait())
        return Running(service, slot.address, relay, ended, output, network)


async def _stop(running: Running, *, kill: bool) -> None:
    running.stopping = True
    if not kill:
        number = _stop_signal(running.service)
        await running.process.signal(number)
        await asyncio.wait([running.ended], timeout=GRACE)
    if not running.ended.done():
        await running.process.kill()
        await asyncio.wait([running.ended])


def _stop_signal(service: Service) -> int:
    name = service.container.config.stop_signal if service.container else ""
    return int(getattr(signal, name, signal.SIGTERM))
