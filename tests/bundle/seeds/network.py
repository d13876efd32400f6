"""Failures that hang on the network."""

from __future__ import annotations

from typing import Final

from tests.bundle.pipeline import PYTHON, execute, run
from tests.bundle.seed import Seed, fixed

_FETCH: Final = """\
import sys
import urllib.request

try:
    # An address for documentation (RFC 5737), where nobody has such a feed.
    urllib.request.urlopen("http://198.51.100.7/feed.json", timeout=1).read()
except OSError as error:
    sys.exit(f"the feed could not be fetched: {error}")
"""

_CLASH: Final = """\
import socket

first = socket.create_server(("127.0.0.1", 8080))
second = socket.create_server(("127.0.0.1", {port}))
"""

_REFUSED: Final = "import socket\n\nsocket.create_connection(('127.0.0.1', 8080))\n"

SEEDS: Final = (
    Seed(
        "network",
        "a command asks for what is on another machine",
        {"fetch.py": _FETCH},
        1,
        "could not be fetched",
        run(PYTHON, execute("python3 fetch.py")),
        verdict="missing",
        missing="network",
    ),
    Seed(
        "port-clash",
        "two servers want one port",
        {"serve.py": _CLASH.format(port=8080)},
        1,
        "Address already in use",
        run(PYTHON, execute("python3 serve.py")),
        altered=(fixed({"serve.py": _CLASH.format(port=8081)}),),
    ),
    Seed(
        "refused",
        "nobody listens on a port of the container",
        {"ask.py": _REFUSED},
        1,
        "Connection refused",
        run(PYTHON, execute("python3 ask.py")),
    ),
)
