"""`dagger version`: the version of Dagger's API that is served, and the platform."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from portable_dagger import __version__
from portable_dagger.cli.flags import platform
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given


def run(given: Given, arguments: list[str]) -> int:  # noqa: ARG001  every verb's form
    """Print one line."""
    if arguments:
        raise CommandLineError(f'unexpected argument "{arguments[0]}"', "version takes none")
    sys.stdout.write(f"dagger v{__version__} (portable-dagger) {platform()}\n")
    return 0
