"""Connections passed on: what a listener accepts leads to an address that the engine dials."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

CHUNK = 64 * 1024

Report = Callable[[str], None]
Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Forwarder:
    """Passes the connections of one listener on; `report` hears, once, why one could not be.

    dial: opens a connection to where they go, which `name` is.
    """

    def __init__(self, name: str, dial: Dial, report: Report) -> None:
        self._name = name
        self._dial = dial
        self._report: Report | None = report
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[Any]] = set()

    @classmethod
    async def open(
        cls, listener: socket.socket, name: str, dial: Dial, report: Report
    ) -> Forwarder:
        """Begin to accept connections; the listener is closed with the forwarder."""
        made = cls(name, dial, report)
        made._server = await asyncio.start_server(made._serve, sock=listener)
        return made

    async def close(self) -> None:
        """Stop listening and cut what is connected."""
        if self._server is not None:
            self._server.close()
        if self._connections:
            for connection in self._connections:
                connection.cancel()
            await asyncio.wait(self._connections)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)
        with contextlib.closing(writer):
            try:
                there, back = await self._dial()
            except OSError as error:
                # A client that polls would have it said again and again.
                if self._report is not None:
                    self._report(f"cannot connect to {self._name}: {error}")
                    self._report = None
                return
            # A connection that breaks on one side is closed on both.
            with contextlib.closing(back), contextlib.suppress(OSError):
                await asyncio.gather(_pump(reader, back), _pump(there, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy one direction; its end is passed on, so that the other one may still have something to say."""
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
