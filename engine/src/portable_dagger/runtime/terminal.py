"""A container's pseudo-terminal: the container runtime makes it and hands its other end over a unix socket.

The handing over: runc, docs/terminals.md, "Detached new terminal".
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import select
import socket
import struct
import termios
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHUNK = 65536


class Terminal:
    """One pseudo-terminal; `output` gets what the container prints."""

    def __init__(self, path: Path, output: Callable[[bytes], None]) -> None:
        self._output = output
        self._loop = asyncio.get_running_loop()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._listener.setblocking(False)  # noqa: FBT003  the only way to say it
        self._loop.add_reader(self._listener, self._receive)
        self._opened: asyncio.Future[int] = self._loop.create_future()
        self._ended = asyncio.Event()

    async def write(self, data: bytes) -> None:
        """Type into the terminal."""
        descriptor = await self._opened
        await asyncio.to_thread(_write, descriptor, data)

    async def resize(self, rows: int, columns: int) -> None:
        """Set the size of the terminal in characters."""
        descriptor = await self._opened
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    async def close(self) -> None:
        """Close the terminal when everything printed is read; called after the container's end."""
        if not self._opened.done():
            self._loop.remove_reader(self._listener)
            self._opened.cancel()
        else:
            await self._ended.wait()
            os.close(self._opened.result())
        self._listener.close()

    def _receive(self) -> None:
        self._loop.remove_reader(self._listener)
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(None)
            _, descriptors, _, _ = socket.recv_fds(connection, 4096, 1)
        os.set_blocking(descriptors[0], False)
        self._opened.set_result(descriptors[0])
        self._loop.add_reader(descriptors[0], self._read)

    def _read(self) -> None:
        descriptor = self._opened.result()
        try:
            data = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.EIO:  # what Linux answers when the last process has closed it
                raise
            data = b""
        if data:
            self._output(data)
        else:
            self._loop.remove_reader(descriptor)
            self._ended.set()


def _write(descriptor: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            select.select([], [descriptor], [], 1.0)
