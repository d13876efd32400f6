"""Ports of the host as a service, reached from real containers."""

from __future__ import annotations

import functools
import http.server
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

DAGGER = str(Path(__file__).parents[3] / "dagger")
SECONDS = 300
FETCH = """
import sys, urllib.request
for url in sys.argv[1:]:
    try:
        print(urllib.request.urlopen(url, timeout=10).read().decode())
    except OSError as error:
        print(error)
"""
ASK_AS_A_NESTED_COMMAND = """
import json, os, urllib.request
query = "{ host { service(ports: [{backend: 80}]) { hostname } } }"
request = urllib.request.Request(
    f"http://127.0.0.1:{os.environ['DAGGER_SESSION_PORT']}/query",
    json.dumps({"query": query}).encode(),
    {"Content-Type": "application/json"},
)
token = os.environ["DAGGER_SESSION_TOKEN"]
passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
passwords.add_password(None, request.full_url, token, "", is_authenticated=True)
opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
print(opener.open(request).read().decode())
"""

pytestmark = pytest.mark.slow


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of a web server on the host's loopback."""
    (tmp_path / "text").write_text("of the host")
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def dagger(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DAGGER, "core", "--progress", "plain", *words],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def fetched(bound: str, *urls: str) -> subprocess.CompletedProcess[str]:
    """Fetch URLs in a container to which an address of the host is bound as `web`."""
    binding = ["with-service-binding", "--alias", "web", "--service", bound]
    command = ",".join(f'"{word}"' for word in ("python3", "/fetch", *urls))
    return dagger(
        *["container", "from", "--address", "python:3.13-slim", *binding],
        *["with-new-file", "--path", "/fetch", "--contents", FETCH],
        *["with-exec", "--args", command, "stdout"],
    )


def test_a_container_reaches_that_port_of_the_host_and_no_other(port: int) -> None:
    other = 1 + port % 65535
    done = fetched(f"tcp://localhost:{port}", f"http://web:{port}/text", f"http://web:{other}/")
    assert done.stdout.splitlines() == [
        "of the host",
        "<urlopen error [Errno 111] Connection refused>",
    ], done.stderr


def test_two_sessions_use_the_same_port(port: int) -> None:
    with ThreadPoolExecutor() as pool:
        both = pool.map(
            lambda name: fetched(f"tcp://localhost:{port}", f"http://web:{port}/text?{name}"), "ab"
        )
    assert [done.stdout.strip() for done in both] == ["of the host"] * 2


def test_nothing_that_listens_is_said() -> None:
    done = fetched("tcp://localhost:1", "http://web:1/")
    assert "warning: cannot connect to localhost:1: " in done.stderr


def test_udp_is_refused() -> None:
    done = fetched("udp://localhost:53")
    assert done.returncode != 0
    assert "port 53/udp of the host: only TCP can be a service" in done.stderr


def test_a_nested_command_cannot_make_one() -> None:
    done = dagger(
        *["container", "from", "--address", "python:3.13-slim"],
        *["with-env-variable", "--name", "N", "--value", os.urandom(4).hex()],
        *["with-new-file", "--path", "/ask", "--contents", ASK_AS_A_NESTED_COMMAND],
        *["with-exec", "--args", "python3,/ask", "--experimental-privileged-nesting", "stdout"],
    )
    assert (
        "functions and nested commands cannot make services of the host" in done.stdout
    ), done.stderr
