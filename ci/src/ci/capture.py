"""Looks on while steps run, and keeps what is needed to take the failing ones home.

Exact: the files just before the command, what is mounted, the command, its environment, its answer. A server's data is
a copy made just before the command; with a server that cannot be copied it is as it began. Not kept: what is in cache
volumes, and what the command fetched from a network.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import dagger

from ci.step import Backup, Server, Step

SERVICE: Final = "service"
EXEC: Final = "exec"
UNFINISHED: Final = -1
"""The exit code of a command that did not end by itself (docs/reference/bundles.md)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended: what it printed, and the JUnit reports that it wrote, by their paths.

    error: why the command did not end by itself; then exit_code is UNFINISHED.
    """

    exit_code: int
    stdout: str = ""
    stderr: str = ""
    combined: str = ""
    error: str = ""
    reports: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Captured:
    """A step that ran. kind: EXEC, or SERVICE for a server; started: seconds since the epoch; duration: seconds.

    backups: what its servers held just before, by their places in `inner_first`.
    """

    step: Step
    kind: str
    outcome: Outcome
    started: float
    duration: float
    backups: Mapping[int, Backup] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether the command failed, also where its gate expects that it may."""
        return self.outcome.exit_code != 0


@dataclass(slots=True)
class Recorder:
    """Runs steps when they are told, and keeps them, passing ones too (`ci.step.Watch`)."""

    found: list[Captured] = field(default_factory=list)

    async def run(self, step: Step) -> dagger.Container:
        """Run a step. Its servers are up from before their copies are made until the command has ended."""
        # What fails below it is another step's failure.
        await step.container.sync()
        ran = step.after()
        async with self._up(step.name, step.servers) as backups:
            await self._keep(step, EXEC, backups, _read(ran, step))
        return ran

    async def start(self, name: str, server: Server) -> None:
        """Start a server with those that it needs, and end them."""
        async with self._up(name, server.servers) as backups:
            await self._keep(_start_of(name, server), SERVICE, backups, _started(server))
            await server.service().stop()

    @asynccontextmanager
    async def _up(self, name: str, servers: tuple[Server, ...]) -> AsyncIterator[dict[int, Backup]]:
        """Have servers up, and give what they hold. One that does not start is a step that failed."""
        backups: dict[int, Backup] = {}
        running: list[Server] = []
        try:
            for place, server in enumerate(inner_first(servers)):
                start = _start_of(f"{name} {server.alias}", server)
                await self._keep(start, SERVICE, backups, _started(server), passing=False)
                running.append(server)
                if server.backup is not None:
                    backups[place] = await server.backup(server)
            yield dict(backups)
        finally:
            for server in reversed(running):
                await server.service().stop()

    async def _keep(
        self,
        step: Step,
        kind: str,
        backups: Mapping[int, Backup],
        work: Awaitable[Outcome],
        *,
        passing: bool = True,
    ) -> None:
        """Wait for a step's outcome and keep it; raise what the step raises."""
        started, clock = time.time(), time.monotonic()
        raised: dagger.QueryError | None = None
        try:
            outcome = await work
        except dagger.QueryError as error:
            outcome, raised = _failed(error), error
        duration = time.monotonic() - clock
        if passing or raised is not None:
            self.found.append(Captured(step, kind, outcome, started, duration, backups))
        if raised is not None:
            raise raised


def inner_first(servers: tuple[Server, ...]) -> list[Server]:
    """Return servers and those that they are bound to, each once and after those that it needs."""
    found: list[Server] = []
    for server in servers:
        needed = (*inner_first(server.servers), server)
        found += [each for each in needed if each not in found]
    return found


def _start_of(name: str, server: Server) -> Step:
    return Step(
        name=name,
        container=server.container,
        command=server.args,
        servers=server.servers,
        use_entrypoint=server.use_entrypoint,
    )


async def _started(server: Server) -> Outcome:
    await server.service().start()
    return Outcome(0)


async def _read(ran: dagger.Container, step: Step) -> Outcome:
    code = await ran.exit_code()
    reports = {
        path: await ran.file(path).contents() for path in step.reports if await ran.exists(path)
    }
    return Outcome(
        code, await ran.stdout(), await ran.stderr(), await ran.combined_output(), reports=reports
    )


def _failed(error: dagger.QueryError) -> Outcome:
    if isinstance(error, dagger.ExecError):
        return Outcome(error.exit_code, error.stdout, error.stderr)
    return Outcome(UNFINISHED, error=str(error))
