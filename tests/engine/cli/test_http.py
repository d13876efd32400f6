"""HTTP over sockets, against Python's own server."""

from __future__ import annotations

import http.server
import json
import threading
from typing import TYPE_CHECKING

import pytest

from portable_dagger.cli.http import BrokenAnswerError, Connection, exchange

if TYPE_CHECKING:
    from collections.abc import Iterator


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            self.close_connection = True
            return
        self.send_response(201)
        if self.path == "/chunks":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in (b'{"a"', b": 1}\n{", b'"b": 2}\n'):
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
            return
        data = json.dumps(
            {"path": self.path, "auth": self.headers["Authorization"], "body": body.decode()}
        )
        reply = data.encode() if self.path == "/echo" else b"plain words"
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)


@pytest.fixture
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def test_exchange(port: int) -> None:
    status, answer = exchange(
        port, "POST", "/echo", {"Authorization": "Bearer t"}, {"q": "é" * 100_000}
    )
    assert status == 201
    assert answer["auth"] == "Bearer t"
    assert json.loads(answer["body"]) == {"q": "é" * 100_000}


def test_answer_that_is_no_json(port: int) -> None:
    assert exchange(port, "POST", "/words", {}) == (201, {"error": {"message": "plain words"}})


def test_chunks(port: int) -> None:
    connection = Connection(port)
    connection.send("POST", "/chunks", {})
    assert connection.status() == 201
    assert b"".join(connection.pieces()) == b'{"a": 1}\n{"b": 2}\n'
    connection.close()


def test_answer_that_is_cut_off(port: int) -> None:
    with pytest.raises(BrokenAnswerError):
        exchange(port, "POST", "/cut", {})


def test_nobody_listens(port: int) -> None:
    unused = Connection(port)
    free = unused.socket.getsockname()[1]
    unused.close()
    with pytest.raises(OSError, match="refused"):
        exchange(free, "POST", "/echo", {})
