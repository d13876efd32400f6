"""`--capture`: what a command line asks of the engine for it, and what it says in the end."""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portable_dagger.cli.options import Given

VARIABLE = "PORTABLE_DAGGER_CAPTURE"
SUMMARY = "GITHUB_STEP_SUMMARY"
"""Where GitHub Actions says which file a step's summary goes to."""


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


def summarize(answer: dict[str, Any]) -> None:
    """Append what was captured to the summary of the job, where the command line runs in one of GitHub Actions."""
    path = os.environ.get(SUMMARY)
    if path and answer.get("path"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(summary(answer))


def summary(answer: dict[str, Any]) -> str:
    """Return a capture as Markdown: the steps that failed, and the one command that replays them."""
    name = os.path.basename(answer["path"])
    steps = "".join(f"- {_code(step)}\n" for step in answer["steps"])
    more = f"- {answer['same']} more that failed in the same way\n" if answer["same"] else ""
    command = f"./dagger reproduce {shlex.quote(name)}"
    return f"### Captured in {_code(name)}\n\n{steps}{more}\nReproduce it:\n\n    {command}\n\n"


def _code(text: str) -> str:
    """Return a text as code of Markdown in one line, whatever backticks it has."""
    line = " ".join(text.split())
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"`{line}`"


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
