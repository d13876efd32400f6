"""HTTP requests as text, and a real server: ETag, errors."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import HttpError
from portable_dagger.ops.http import Request, fetch
from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Handler(BaseHTTPRequestHandler):
    """Answers a text with an ETag, and counts."""

    answers: list[int] = []  # noqa: RUF012  one server a test

    def do_GET(self) -> None:
        known = self.headers.get("If-None-Match") == '"one"'
        code = 404 if self.path == "/none" else 304 if known else 200
        self.answers.append(code)
        self.send_response(code)
        self.send_header("ETag", '"one"')
        self.end_headers()
        if code == 200:
            self.wfile.write(b"text")

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    Handler.answers.clear()
    made = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.mark.parametrize(
    ("url", "name"),
    [("http://h/a/b.txt?x=1", "b.txt"), ("http://h/", "index"), ("http://h", "index")],
)
def test_names(url: str, name: str) -> None:
    assert Request(url).name == name


def test_only_http() -> None:
    for url in ("file:///etc/passwd", "ftp://h/x", "x", "http://"):
        with pytest.raises(HttpError, match="no http or https URL"):
            Request(url).prepared("")


async def test_what_did_not_change_is_not_sent_again(server: str, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    first = await fetch(store, Request(f"{server}/f"))
    assert first.read_text() == "text"
    assert await fetch(store, Request(f"{server}/f")) == first
    assert Handler.answers == [200, 304]
    with pytest.raises(HttpError, match="the server answered 404"):
        await fetch(store, Request(f"{server}/none"))
    with pytest.raises(HttpError, match=r"127\.0\.0\.1:1"):
        await fetch(store, Request("http://127.0.0.1:1/x"))
    store.close()
