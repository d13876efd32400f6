"""`dagger run`: a program with a session in its environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from portable_dagger.cli import display
from portable_dagger.cli.client import Session
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given

NOT_FOUND = 127
NOT_EXECUTABLE = 126
SIGNALLED = 128


def run(given: Given, arguments: list[str]) -> int:
    """Run the program and return its exit code; 128 + the signal's number when one ended it."""
    if not arguments:
        raise CommandLineError("no program to run", "such as: dagger run python script.py")
    with Session(display.renderer(given, lines_only=True), given) as session:
        environment = {
            **os.environ,
            "DAGGER_SESSION_PORT": str(session.port),
            "DAGGER_SESSION_TOKEN": session.token,
        }
        try:
            child = subprocess.Popen(arguments, env=environment)  # noqa: S603  that is its purpose
        except OSError as error:
            sys.stderr.write(f"Error: cannot run {arguments[0]}: {error.strerror}\n")
            return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
        code = _wait(child)
        session.end(failed=code != 0)
    return code if code >= 0 else SIGNALLED - code


def _wait(child: subprocess.Popen[bytes]) -> int:
    """Wait for the program; a terminal sends Ctrl-C to it as well, and it decides what to do about it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return child.wait()
    finally:
        signal.signal(signal.SIGINT, before)
