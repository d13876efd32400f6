"""Connections that a listener passes on, between real sockets."""

from __future__ import annotations

import asyncio
import socket
import struct
from functools import partial

from portable_dagger.session.forwarding import Forwarder

PATIENCE = 10.0


class Server:
    """Answers a connection's whole input, reversed, once that has ended."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read())[::-1])
        writer.close()
        self.ended.set()


def _listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


async def _opened(listener: socket.socket, number: int, said: list[str]) -> Forwarder:
    dial = partial(asyncio.open_connection, "127.0.0.1", number)
    return await Forwarder.open(listener, f"127.0.0.1:{number}", dial, said.append)


async def _forwarded(server: Server, said: list[str]) -> tuple[asyncio.Server, Forwarder, int]:
    target = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    number = target.sockets[0].getsockname()[1]
    listener = _listener()
    forwarder = await _opened(listener, number, said)
    return target, forwarder, listener.getsockname()[1]


def test_the_end_of_one_direction_leaves_the_other_open() -> None:
    async def talk() -> bytes:
        target, forwarder, port = await _forwarded(Server(), [])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"abc" * 100_000)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()
        await forwarder.close()
        target.close()
        return answer

    assert asyncio.run(talk()) == b"cba" * 100_000


def test_a_connection_that_breaks_is_closed_on_the_other_side() -> None:
    async def talk() -> None:
        server = Server()
        target, forwarder, port = await _forwarded(server, [])
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"abc")
        await writer.drain()
        # A linger of 0 s makes the end a reset.
        kind = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.get_extra_info("socket").setsockopt(*kind)
        writer.close()
        await asyncio.wait_for(server.ended.wait(), PATIENCE)
        await forwarder.close()
        target.close()

    asyncio.run(talk())


def test_closing_cuts_what_is_connected() -> None:
    async def talk() -> bytes:
        target, forwarder, port = await _forwarded(Server(), [])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"abc")
        await asyncio.sleep(0.1)
        await forwarder.close()
        answer = await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()
        target.close()
        return answer

    assert asyncio.run(talk()) == b""


def test_what_does_not_answer_is_reported_once() -> None:
    async def talk() -> list[str]:
        said: list[str] = []
        with _listener() as free:
            silent = free.getsockname()[1]
        listener = _listener()
        forwarder = await _opened(listener, silent, said)
        for _ in range(2):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
            writer.close()
        await forwarder.close()
        return [text.replace(str(silent), "N")[:32] for text in said]

    assert asyncio.run(talk()) == ["cannot connect to 127.0.0.1:N: ["]
