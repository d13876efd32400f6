"""The services of one session: one instance runs per definition, started when first needed, ended with the session."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from portable_dagger.errors import EngineError, ExecError, ServiceError
from portable_dagger.graph.sharing import Sharing
from portable_dagger.graph.values import NetworkProtocol, Service
from portable_dagger.ops.launch import Options, launch
from portable_dagger.ops.nesting import nested_session
from portable_dagger.record.output import Output
from portable_dagger.runtime.process import start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.graph.context import Context
    from portable_dagger.runtime.process import Process
    from portable_dagger.session.session import Session

GRACE = 10.0
"""Seconds between SIGTERM and SIGKILL (the brief, section 5.5)."""

DIAL_TIMEOUT = 1.0
SHORTEST_PAUSE = 0.01
LONGEST_PAUSE = 1.0
PATIENCE = 0.05
"""Share of the time waited so far that passes between two dials: a service is seen at most that much too late."""


@dataclass(slots=True)
class Running:
    """A service that runs: its address, and the task that ends with its exit code."""

    service: Service
    address: str
    process: Process
    ended: asyncio.Task[int]
    output: Output
    stopping: bool = False
    last_words: str = ""
    """The end of its output, once the output itself is gone."""


@dataclass(slots=True)
class Bound:
    """The services that one command is bound to."""

    hosts: tuple[tuple[str, str], ...] = ()
    running: list[tuple[str, Running]] = field(default_factory=list)

    async def watch(self, process: Process) -> int:
        """Wait for the command's end; ServiceError when a service dies before it."""
        command = asyncio.ensure_future(process.wait())
        deaths = {r.ended: (alias, r) for alias, r in self.running}
        try:
            await asyncio.wait({command, *deaths}, return_when=asyncio.FIRST_COMPLETED)
            if not command.done():
                alias, dead = next(deaths[task] for task in deaths if task.done())
                if not dead.stopping:
                    code = dead.ended.result()
                    raise ServiceError(
                        f"bound service {dead.service.hostname} (aliased as {alias}) exited: exit code: {code}",
                        dead.last_words or last_lines(dead.output),
                    )
            return await command
        finally:
            if not command.done():
                command.cancel()
                await asyncio.wait([command])


class Services:
    """Starts, finds and stops the services of a session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._running: dict[str, Running] = {}
        self._sharing = Sharing()
        self._tasks: set[asyncio.Task[Any]] = set()
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

    async def close(self) -> None:
        """Stop every service; the session is gone, so none gets the full grace."""
        running, self._running = list(self._running.values()), {}
        await asyncio.gather(*(_stop(r, kill=True) for r in running))
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
        if service.container is None:
            raise EngineError(
                f"service {service.hostname} has no container", "host services run on the host"
            )
        engine = context.engine
        container = service.container
        async with contextlib.AsyncExitStack() as stack:
            name = "service " + " ".join(service.args)
            span = stack.enter_context(self._session.progress.span("service", name))
            bound = await self.bind(container.services, context, service.args)
            slot = await engine.network.acquire()
            stack.push_async_callback(engine.network.release, slot, reuse=not service.privileged)
            environment = (
                await stack.enter_async_context(nested_session(context, slot))
                if service.nested
                else ()
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
            running = Running(service, slot.address, process, ended, output)
            try:
                await _healthy(running)
                self._running[service.identity] = running
                ready.set_result(running)
                await asyncio.wait([ended])
            finally:
                if not ended.done():
                    await process.kill()
                    await asyncio.wait([ended])
                output.end()
                running.last_words = last_lines(output)


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


async def _healthy(running: Running) -> None:
    """Wait until every exposed TCP port accepts connections; the service's own end ends the wait."""
    service = running.service
    assert service.container is not None
    ports = [p for p in service.container.ports if not p.skip_healthcheck]
    checks = asyncio.ensure_future(
        _reachable(running.address, [p.port for p in ports if p.protocol is NetworkProtocol.TCP])
    )
    try:
        await asyncio.wait({checks, running.ended}, return_when=asyncio.FIRST_COMPLETED)
        if running.ended.done() and (ports or running.ended.result()):
            running.output.end()
            code = running.ended.result()
            if code == 0:
                raise ServiceError("service exited before healthcheck", last_lines(running.output))
            raise ExecError(
                f"exit code: {code}",
                cmd=list(service.args),
                exit_code=code,
                stdout=_text(running.output, "stdout"),
                stderr=_text(running.output, "stderr"),
            )
        await checks
    finally:
        checks.cancel()


async def _reachable(address: str, ports: list[int]) -> None:
    await asyncio.gather(*(_dial(address, port) for port in ports))


async def _dial(address: str, port: int) -> None:
    start = asyncio.get_running_loop().time()
    while True:
        try:
            async with asyncio.timeout(DIAL_TIMEOUT):
                _, writer = await asyncio.open_connection(address, port)
        except OSError:
            waited = asyncio.get_running_loop().time() - start
            await asyncio.sleep(min(max(waited * PATIENCE, SHORTEST_PAUSE), LONGEST_PAUSE))
        else:
            writer.close()
            return


def _text(output: Output, stream: str) -> str:
    return output.path(stream).read_bytes().decode(errors="replace")


def last_lines(output: Output, count: int = 10) -> str:
    """Return the last lines of a service's output, for an error's hint."""
    lines = _text(output, "combined").splitlines()[-count:]
    return "its last lines:\n" + "\n".join(lines) if lines else "it printed nothing"
