"""`dagger core`: the engine's own API by flags, without a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.cli import call

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given


def run(given: Given, arguments: list[str]) -> int:
    """Make the call."""
    return call.run({**given, "no-mod": ["true"]}, arguments, "core")
