"""Services that run, and what a command sees of those that it is bound to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from portable_dagger.errors import ServiceError
from portable_dagger.session.forwarding import Forwarder

if TYPE_CHECKING:
    import socket

    from portable_dagger.graph.values import Service
    from portable_dagger.record.output import Output
    from portable_dagger.runtime.network import Network
    from portable_dagger.runtime.process import Process
    from portable_dagger.session.forwarding import Report
    from portable_dagger.session.relay import Relay


TOGETHER: Final = 0.2
"""Seconds within which the ends of a command that failed and of a service of it count as one."""

LAST_WORDS: Final = 1.0
"""Seconds that a command has to end by itself when a service of it has died."""


@dataclass(slots=True)
class Running:
    """A service that runs: its address, what it runs in, and the task that ends with its exit code."""

    service: Service
    address: str
    process: Process | Relay
    ended: asyncio.Task[int]
    output: Output
    network: Network
    stopping: bool = False
    last_words: str = ""
    """The end of its output, once the output itself is gone."""

    async def dial(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection to a port of it; raises OSError."""
        return await self.network.connect(self.address, port)

    async def forward(self, listener: socket.socket, port: int, report: Report) -> Forwarder:
        """Pass on what a listener accepts to a port of it."""
        name = f"{self.address}:{port}"
        return await Forwarder.open(listener, name, partial(self.dial, port), report)


@dataclass(slots=True)
class Bound:
    """The services that one command is bound to."""

    hosts: tuple[tuple[str, str], ...] = ()
    running: list[tuple[str, Running]] = field(default_factory=list)

    async def watch(self, process: Process) -> int:
        """Wait for the command's end; ServiceError when a service dies before it, or with it.

        A command that loses its service often fails by that at once. Which of the two ends is seen first must not
        decide what is told, nor how much the command could still say.
        """
        command = asyncio.ensure_future(process.wait())
        deaths = {r.ended: (alias, r) for alias, r in self.running}
        try:
            await asyncio.wait({command, *deaths}, return_when=asyncio.FIRST_COMPLETED)
            if deaths and command.done() and not command.exception() and command.result():
                await asyncio.wait(deaths, timeout=TOGETHER, return_when=asyncio.FIRST_COMPLETED)
            died = [d for task, d in deaths.items() if task.done() and not d[1].stopping]
            if not died or (command.done() and not command.result()):
                return await command
            await asyncio.wait({command}, timeout=LAST_WORDS)
            raise _died(*died[0])
        finally:
            if not command.done():
                command.cancel()
                await asyncio.wait([command])


def _died(alias: str, dead: Running) -> ServiceError:
    code = dead.ended.result()
    return ServiceError(
        f"bound service {dead.service.hostname} (aliased as {alias}) exited: exit code: {code}",
        dead.last_words or last_lines(dead.output),
    )


def text_of(output: Output, stream: str) -> str:
    """Return what a service has printed so far to a stream."""
    return output.path(stream).read_bytes().decode(errors="replace")


def last_lines(output: Output, count: int = 10) -> str:
    """Return the last lines of a service's output, for an error's hint."""
    lines = text_of(output, "combined").splitlines()[-count:]
    return "its last lines:\n" + "\n".join(lines) if lines else "it printed nothing"
