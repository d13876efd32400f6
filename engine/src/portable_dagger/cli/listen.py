"""`dagger listen`: a session's GraphQL endpoint at an address of choice, for other programs, until Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from typing import TYPE_CHECKING

from portable_dagger.cli import display
from portable_dagger.cli.client import Session
from portable_dagger.cli.http import HOST
from portable_dagger.cli.module_root import load
from portable_dagger.cli.query import has_module
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given

DEFAULT = "127.0.0.1:8080"
LOOPBACK = {"127.0.0.1", "localhost", ""}
PIECE = 1 << 16


def run(given: Given, arguments: list[str]) -> int:
    """Print URL and token, then serve."""
    if arguments:
        raise CommandLineError(f'unexpected argument "{arguments[0]}"', "listen takes options only")
    with (
        _listener(given.get("listen", [DEFAULT])[-1]) as listener,
        Session(display.renderer(given, lines_only=True), given) as session,
    ):
        if "no-mod" not in given and ("mod" in given or has_module(os.getcwd())):
            load(session, given)
        port = listener.getsockname()[1]
        sys.stderr.write(f"==> server listening on http://{HOST}:{port}/query\n")
        sys.stderr.write(f"==> token (the user name of basic authentication): {session.token}\n")
        sys.stderr.flush()
        threading.Thread(target=_accept, args=(listener, session.port), daemon=True).start()
        session.wait()
    return 0


def _listener(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    if host not in LOOPBACK or not port.isdecimal():
        raise CommandLineError(
            f'cannot listen on "{address}"', "only loopback is served, such as 127.0.0.1:8080"
        )
    try:
        return socket.create_server((HOST, int(port)))
    except (OSError, OverflowError) as error:
        raise CommandLineError(
            f'cannot listen on "{address}": {error}', "give another port to --listen, 0 for any"
        ) from error


def _accept(listener: socket.socket, port: int) -> None:
    """Join every connection with one to the engine; runs in a thread to the program's end."""
    while True:
        client, _ = listener.accept()
        engine = socket.create_connection((HOST, port))
        for source, target in ((client, engine), (engine, client)):
            threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    # Either side may go at any time: the other one then meets the end.
    with contextlib.suppress(OSError):
        while piece := source.recv(PIECE):
            target.sendall(piece)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
