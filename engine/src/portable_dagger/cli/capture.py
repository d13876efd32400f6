"""`--capture`: what a command line asks of the engine for it, and what it says in the end."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portable_dagger.cli.options import Given

VARIABLE = "PORTABLE_DAGGER_CAPTURE"


def order(given: Given) -> dict[str, Any] | None:
    """Return what is to be captured, None for nothing; a key or a pattern without a folder is meant for this one."""
    wanted = [name for name in given if name.startswith("capture")]
    folder = given.get("capture", [os.environ.get(VARIABLE, "")])[-1]
    if not wanted and not folder:
        return None
    key = given.get("capture-key", [""])[-1]
    return {
        "directory": os.path.abspath(folder or "."),
        "pattern": given.get("capture-step", [""])[-1],
        "thin": "capture-thin" in given,
        "key": key,
    }


def told(answer: dict[str, Any], *, failed: bool, refused: bool) -> Iterator[str]:
    """Yield what to say of a capture."""
    # Most command lines capture nothing, and are to start fast.
    from portable_dagger.store.sizes import format_size

    if refused:
        error = answer.get("error") or {}
        yield f"nothing was captured: {error.get('message')}"
        if error.get("hint"):
            yield f"hint: {error['hint']}"
    elif answer["path"]:
        yield f"captured in {answer['path']} ({format_size(answer['size'])}):"
        yield from (f"  {number}. {name}" for number, name in enumerate(answer["steps"], 1))
        if answer["same"]:
            yield f"  and {answer['same']} more that failed in the same way"
        yield f"reproduce it with: ./dagger reproduce {shlex.quote(answer['path'])}"
    elif failed:
        yield "nothing was captured: it was no command in a container that failed"
