"""Debian's docker-registry on the loopback, and a token service for it."""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USERNAME = "ada"
PASSWORD = "s3cret-pass"  # noqa: S105 - of a registry that lives for one test
# The password's bcrypt hash: htpasswd would need another package.
HTPASSWD = f"{USERNAME}:$2y$05$abcdefghijklmnopqrstuuV7fpPozvyqJfnY19y0802WTlXUm6Rjy\n"
IDENTITY = "identity-token-of-ada"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serve(folder: Path, **more: dict[str, Any]) -> Iterator[str]:
    """Give the address of a registry that keeps its data in a folder; `more` goes into its configuration."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("needs docker-registry")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    http = {"addr": f"127.0.0.1:{port}", **more.pop("http", {})}
    value = {
        "version": "0.1",
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": http,
        **more,
    }
    configuration = folder / "config.yml"
    # YAML holds JSON.
    configuration.write_text(json.dumps(value))
    log = (folder / "log").open("wb")
    with log, subprocess.Popen([program, "serve", configuration], stdout=log, stderr=log) as server:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def with_passwords(folder: Path) -> dict[str, Any]:
    """Return the configuration of a registry that asks for the name and password above."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "htpasswd"
    path.write_text(HTPASSWD)
    return {"auth": {"htpasswd": {"realm": "registry", "path": str(path)}}}


class TokenService:
    """Gives tokens for what is asked, to the name and password above, or the identity token; keeps what was asked."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = _certificate(self._key)
        self._root = folder / "root.pem"
        self._root.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.port = free_port()

    @property
    def configuration(self) -> dict[str, Any]:
        """What a registry's configuration needs to ask for these tokens."""
        token = {
            "realm": f"http://127.0.0.1:{self.port}/token",
            "service": "registry.test",
            "issuer": "test",
            "rootcertbundle": str(self._root),
        }
        return {"auth": {"token": token}}

    def token(self, scope: str) -> str:
        kind, name, actions = scope.split(":")
        now = int(time.time())
        claims = {
            "iss": "test",
            "sub": USERNAME,
            "aud": "registry.test",
            "exp": now + 300,
            "nbf": now - 10,
            "iat": now,
            "jti": str(now),
            "access": [{"type": kind, "name": name, "actions": actions.split(",")}],
        }
        encoded = self._certificate.public_bytes(serialization.Encoding.DER)
        headers = {"x5c": [base64.b64encode(encoded).decode()]}
        return jwt.encode(claims, self._key, "ES256", headers)

    def allows(self, authorization: str, query: dict[str, str]) -> bool:
        basic = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        return authorization == f"Basic {basic}" or query.get("refresh_token") == IDENTITY

    @contextmanager
    def running(self) -> Iterator[TokenService]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(urlsplit(self.path).query)

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                self._answer(self.rfile.read(length).decode())

            def _answer(self, encoded: str) -> None:
                query = {name: values[0] for name, values in parse_qs(encoded).items()}
                service.asked.append((self.command, query))
                allowed = service.allows(self.headers.get("Authorization", ""), query)
                value = {"access_token": service.token(query["scope"])} if allowed else {}
                body = json.dumps(value).encode()
                self.send_response(200 if allowed else 401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        with serving(Handler, self.port):
            yield self


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], port: int) -> Iterator[None]:
    """Run an HTTP server on the loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tokens")])
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
