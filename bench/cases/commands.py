"""What a user waits for: calls of a small module from the command line."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from bench.measurement import Measurement, rounds, timed
from bench.workplace import nonce

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.workplace import Workplace

SOURCE = '''
"""A module that greets."""

import dagger
from dagger import function, object_type


@object_type
class Hello:
    """Greets."""

    @function
    def hello(self, name: str = "world") -> str:
        """Greet somebody."""
        return f"hello, {name}"
'''
PROJECT = """
[project]
name = "hello"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["dagger-io"]
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""


def measure(place: Workplace) -> Iterator[Measurement]:
    """Yield the seconds of a call: unchanged, with a new argument, after an edit, and for the first time."""
    folder = module(place.scratch / "hello")

    def hello(*words: str) -> None:
        place.call("call", "hello", *words, folder=folder)

    hello()
    count = place.rounds
    yield Measurement("call, same arguments", rounds(count, hello), limit=0.25, dagger="2.2")
    values = rounds(count, lambda: hello("--name", nonce()))
    yield Measurement("call, new argument", values, limit=0.4, dagger="3.5")
    edits = []
    for _ in range(count):
        module(folder, f"# {nonce()}\n")
        edits.append(timed(hello))
    yield Measurement("call, after an edit", tuple(edits), limit=0.9, dagger="7.9")
    values = rounds(count, lambda: place.call("functions", folder=folder))
    yield Measurement("functions, warm", values, limit=0.3, dagger="2.0")
    firsts = []
    for _ in range(count):
        with place.empty() as fresh:
            firsts.append(timed(partial(fresh.call, "call", "hello", folder=folder)))
    yield Measurement("call, first use on empty state", tuple(firsts), limit=10, dagger="70")


def module(folder: Path, end: str = "") -> Path:
    """Write the module, with `end` after its last line; returns its folder."""
    package = folder / "src" / "hello"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text(SOURCE + end)
    (folder / "pyproject.toml").write_text(PROJECT)
    facts = {"name": "hello", "engineVersion": "v0.21.7", "sdk": {"source": "python"}}
    (folder / "dagger.json").write_text(json.dumps(facts))
    return folder
