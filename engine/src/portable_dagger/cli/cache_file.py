"""`dagger cache save FILE` and `dagger cache load FILE`: what is worth keeping, as one file for another state."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from portable_dagger.cli import display
from portable_dagger.cli.client import Session
from portable_dagger.cli.progress import seconds
from portable_dagger.errors import CommandLineError, RequestError
from portable_dagger.store.sizes import format_size

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given

LARGEST = "2GB"
"""Of the 10 GB that GitHub keeps for a repository, which holds several of these files."""

WITHIN = "7d"

SHOWN = 5
"""How many things that were left out are named."""


def run(given: Given, word: str, files: list[str]) -> int:
    """Save or load; returns the exit code."""
    if len(files) != 1:
        raise CommandLineError(
            f"dagger cache {word}: one file is wanted", f"such as: dagger cache {word} dagger.cache"
        )
    path = os.path.abspath(files[0])
    order = {
        "path": path,
        "largest": given.get("max-size", [LARGEST])[-1],
        "within": given.get("used-within", [WITHIN])[-1],
        "volumes": given.get("volume", []),
    }
    # What moves a cache is no run of steps that could be captured.
    plain = {name: values for name, values in given.items() if not name.startswith("capture")}
    try:
        with Session(display.renderer(given), plain) as session:
            answer = session.order(f"/{word}", order)
    except RequestError as error:
        if word == "load" and "if-usable" in given:
            sys.stderr.write(f"nothing was loaded: {error.message}\n")
            return 0
        raise
    if "json" in given:
        sys.stdout.write(json.dumps(answer, indent=4) + "\n")
    else:
        sys.stdout.write((saved if word == "save" else loaded)(answer, path))
    return 0


def saved(answer: dict[str, Any], path: str) -> str:
    """Return what was saved, for people."""
    lines = [
        f"saved {_counted(answer, '')} in {path}: {format_size(answer['size'])}, {seconds(answer['seconds'])}"
    ]
    left = list(dict.fromkeys(answer["left_out"]))
    lines += [f"left out: {' '.join(text.split())[:120]}" for text in left[:SHOWN]]
    if len(left) > SHOWN:
        lines.append(f"left out: {len(left) - SHOWN} more")
    return "\n".join(lines) + "\n"


def loaded(answer: dict[str, Any], path: str) -> str:
    """Return what was loaded, for people."""
    new = _counted(answer, "new_")
    return f"loaded {new} of the {_counted(answer, '')} in {path}, {seconds(answer['seconds'])}\n"


def _counted(answer: dict[str, Any], prefix: str) -> str:
    volumes = f" and {answer[f'{prefix}volumes']} cache volumes" if answer["volumes"] else ""
    return f"{answer[f'{prefix}steps']} steps, {answer[f'{prefix}layers']} layers{volumes}"
