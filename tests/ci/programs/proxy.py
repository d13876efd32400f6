"""A proxy in front of a registry: it counts requests, and answers some of them with faults."""

from __future__ import annotations

import http.client
import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.ci.programs.service import free_port, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

FOR_EVER = 1_000_000
INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass
class Fault:
    """What happens to requests of a method whose path has a match, as many times as said.

    status: what is answered, 0: the connection is dropped in the middle of what is sent.
    """

    method: str
    path: str
    status: int = 0
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Proxy:
    """A proxy for a registry. `referrers`: it adds the referrers API, which Debian's registry lacks."""

    upstream: str
    faults: list[Fault] = field(default_factory=list)
    referrers: bool = False
    requests: list[tuple[str, str]] = field(default_factory=list)
    attached: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self, method: str, path: str) -> int:
        return sum(one == method and bool(re.search(path, each)) for one, each in self.requests)

    def fault(self, method: str, path: str) -> Fault | None:
        with self._lock:
            self.requests.append((method, path))
            for fault in self.faults:
                if fault.times and fault.method == method and re.search(fault.path, path):
                    fault.times -= 1
                    return fault
        return None

    @contextmanager
    def running(self) -> Iterator[Proxy]:
        proxy = self

        class Handler(_Handler):
            pass

        Handler.proxy = proxy
        with serving(Handler, self.port):
            yield self


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        fault = self.proxy.fault(self.command, self.path)
        if fault is not None and not fault.status and self.command != "GET":
            self.rfile.read(length // 2)
            self.close_connection = True
            return
        body = self.rfile.read(length)
        if fault is not None and fault.status:
            self._answer(fault.status, fault.headers, fault.body)
            return
        if self.proxy.referrers and "/referrers/" in self.path:
            self._list()
            return
        status, headers, content = self._forward(body)
        if self.proxy.referrers and self.command == "PUT" and "/manifests/" in self.path:
            headers |= self._attach(body)
        self._answer(status, headers, content, broken=fault is not None)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - their names

    def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(urlsplit(self.proxy.upstream).netloc)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        finally:
            connection.close()

    def _answer(
        self, status: int, headers: dict[str, str], body: bytes, *, broken: bool = False
    ) -> None:
        length = headers.get("Content-Length") if self.command == "HEAD" else None
        self.send_response_only(status)
        for name, value in headers.items():
            if name not in {"Content-Length", "Transfer-Encoding", "Connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if broken else body)
        self.close_connection = broken

    def _attach(self, body: bytes) -> dict[str, str]:
        value = json.loads(body)
        if "subject" not in value:
            return {}
        subject = value["subject"]["digest"]
        entry = {
            "mediaType": value["mediaType"],
            "digest": self.path.rpartition("/")[2],
            "size": len(body),
            "artifactType": value["artifactType"],
        }
        self.proxy.attached.setdefault(subject, []).append(entry)
        return {"OCI-Subject": subject}

    def _list(self) -> None:
        """Answer with one entry a page."""
        address, _, page = self.path.partition("?page=")
        entries = self.proxy.attached.get(address.rpartition("/")[2], [])
        at = int(page or 0)
        more = {"Link": f'<{address}?page={at + 1}>; rel="next"'} if at + 1 < len(entries) else {}
        value = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries[at : at + 1]}
        self._answer(200, {"Content-Type": INDEX, **more}, json.dumps(value).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""
