"""`dagger session`: a session for an SDK, which lasts until standard input closes (the brief, section 1.1)."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from portable_dagger.cli import display
from portable_dagger.cli.client import Session
from portable_dagger.cli.main import enter
from portable_dagger.cli.module_root import load
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given

PIECE = 1 << 16


def run(given: Given, arguments: list[str]) -> int:
    """Print port and token as one line of JSON, then serve."""
    if arguments:
        raise CommandLineError(
            f'unexpected argument "{arguments[0]}"', "session takes options only"
        )
    enter({"workdir": given.get("project", [])})
    labels = dict(text.partition(":")[::2] for text in given.get("label", []))
    with Session(display.renderer(given, lines_only=True), given, labels) as session:
        if "load-workspace-modules" in given:
            load(session, given)
        sys.stdout.write(json.dumps({"port": session.port, "session_token": session.token}) + "\n")
        sys.stdout.flush()
        while os.read(sys.stdin.fileno(), PIECE):
            # An SDK only ever closes it.
            continue
    return 0
