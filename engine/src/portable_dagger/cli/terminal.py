"""The user's terminal, lent to a process in a container: see session.terminals for what goes over the wire."""

from __future__ import annotations

import json
import os
import select
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.http import Connection
    from portable_dagger.cli.options import Given

PIECE = 4096
RESIZE_SECONDS = 0.2
OK = 200


class Offer(NamedTuple):
    """What a session may do with the user's terminal."""

    possible: bool = False
    on_failure: bool = False


NONE = Offer()


def offered(given: Given) -> Offer:
    """Return what the options and the surroundings allow; CommandLineError for --interactive without a terminal."""
    possible = sys.stdin.isatty() and sys.stderr.isatty()
    if "interactive" in given and not possible:
        raise CommandLineError(
            "--interactive needs a terminal: standard input or standard error is not one",
            "leave it out, or run the command in a terminal",
        )
    return Offer(possible, "interactive" in given)


def lend(connection: Connection, path: str, headers: dict[str, str]) -> None:
    """Connect the terminal with a process until that ends; OSError when the engine goes."""
    # Only a terminal that is lent pays for these imports.
    import termios
    import tty

    keyboard, screen = sys.stdin.fileno(), sys.stderr.fileno()
    before = termios.tcgetattr(keyboard)
    try:
        connection.begin("POST", path, headers)
        _say(connection, size=_size(screen))
        if connection.status() != OK:
            return
        tty.setraw(keyboard)
        _relay(connection, keyboard, screen)
    finally:
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
        connection.close()


def _relay(connection: Connection, keyboard: int, screen: int) -> None:
    """Pass on keys, output and the window's size; Ctrl-C is a key like any other in raw mode."""
    import binascii

    printed, size = connection.pieces(), _size(screen)
    while True:
        # A window that changes its size tells the main thread only: this one looks.
        wait = 0.0 if connection.has_more else RESIZE_SECONDS
        ready = select.select([keyboard, connection.socket.fileno()], [], [], wait)[0]
        if keyboard in ready:
            typed = os.read(keyboard, PIECE)
            if not typed:
                return
            _say(connection, input=binascii.b2a_base64(typed, newline=False).decode())
        if connection.has_more or connection.socket.fileno() in ready:
            piece = next(printed, None)
            if piece is None:
                return
            while piece:
                piece = piece[os.write(screen, piece) :]
        if _size(screen) != size:
            size = _size(screen)
            _say(connection, size=size)


def _say(connection: Connection, **done: Any) -> None:  # noqa: ANN401  any JSON
    connection.add(json.dumps(done).encode() + b"\n")


def _size(screen: int) -> tuple[int, int]:
    columns, rows = os.get_terminal_size(screen)
    return rows, columns
