"""HTTP on loopback with nothing but sockets: `http.client` alone would take half of the command line's start-up time.

It speaks to one server only, the engine: answers with a Content-Length or in chunks, not compressed.
"""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
CONNECT_SECONDS = 5.0
PIECE = 1 << 16
LARGE_PIECE = 1 << 20


class BrokenAnswerError(OSError):
    """The connection ended within an answer, or what came is no HTTP."""


class Connection:
    """One connection, for one request."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), CONNECT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(None)
        self._buffer = b""
        self._length: int | None = None

    def send(self, method: str, path: str, headers: dict[str, str], body: object = None) -> None:
        """Send a request; `body` goes as JSON."""
        data = b"" if body is None else json.dumps(body).encode()
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {HOST}",
            "Content-Type: application/json",
            f"Content-Length: {len(data)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + data)

    def begin(self, method: str, path: str, headers: dict[str, str]) -> None:
        """Send the head of a request whose body follows in pieces, see `add`."""
        given = {"Host": HOST, "Transfer-Encoding": "chunked", **headers}
        lines = [
            f"{method} {path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in given.items()),
        ]
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")

    def add(self, data: bytes) -> None:
        """Send a piece of the body of a request that has begun."""
        self.socket.sendall(b"%x\r\n%b\r\n" % (len(data), data))

    def status(self) -> int:
        """Read the answer's head and return its status; BrokenAnswerError when there is none."""
        head = self._until(b"\r\n\r\n").decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if "chunked" not in headers.get("transfer-encoding", ""):
            self._length = int(headers.get("content-length", "0"))
        try:
            return int(first.split()[1])
        except (IndexError, ValueError):
            raise BrokenAnswerError(f"no HTTP: {first[:80]!r}") from None

    def body(self) -> bytes:
        """Read the rest of the answer."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """Read the rest of the answer as it comes."""
        if self._length is not None:
            yield self._exactly(self._length)
            return
        while size := int(self._until(b"\r\n").partition(b";")[0], 16):
            piece = self._exactly(size)
            # With the line feed behind it, so that `has_more` speaks of further pieces.
            self._exactly(2)
            yield piece

    @property
    def has_more(self) -> bool:
        """Whether something is here already that has not been read."""
        return bool(self._buffer)

    def close(self) -> None:
        """Close the connection; whoever reads it meets its end."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The other side may have closed it first.
            return
        finally:
            self.socket.close()

    def _receive(self) -> None:
        piece = self.socket.recv(PIECE)
        if not piece:
            raise BrokenAnswerError("the engine closed the connection")
        self._buffer += piece

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._receive()
        found, _, self._buffer = self._buffer.partition(mark)
        return found

    def _exactly(self, size: int) -> bytes:
        if len(self._buffer) >= size:
            found, self._buffer = self._buffer[:size], self._buffer[size:]
            return found
        parts, missing = [self._buffer], size - len(self._buffer)
        self._buffer = b""
        while missing:
            piece = self.socket.recv(min(missing, LARGE_PIECE))
            if not piece:
                raise BrokenAnswerError("the engine closed the connection")
            parts.append(piece)
            missing -= len(piece)
        return b"".join(parts)


def exchange(
    port: int, method: str, path: str, headers: dict[str, str], body: object = None
) -> tuple[int, Any]:
    """Make one request and return the answer's status and JSON; the status' text stands in for a body that is none."""
    connection = Connection(port)
    try:
        connection.send(method, path, headers, body)
        status = connection.status()
        data = connection.body()
    finally:
        connection.close()
    try:
        return status, json.loads(data)
    except ValueError:
        return status, {"error": {"message": data.decode(errors="replace") or f"HTTP {status}"}}
