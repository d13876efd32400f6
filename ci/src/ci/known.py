"""What a call of the module asks the API for once: objects by their ID, and results of equal questions.

The SDK asks for the ID of an argument each time it is one, and sends the whole chain of calls that leads to it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, ParamSpec, Protocol, TypeVar, runtime_checkable

import dagger
from dagger import dag

P = ParamSpec("P")
R = TypeVar("R")


@runtime_checkable
class Identified(Protocol):
    """An object of the API."""

    def id(self) -> Coroutine[Any, Any, str]:
        """Ask for the object's ID."""


Value = TypeVar("Value", bound=Identified)


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """An object of the API as an argument: it equals itself, the same object, and nothing else."""

    value: Identified

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def shared(function: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Awaitable[R]]:
    """Let an asynchronous function run once for equal arguments; all who call it get what that gave.

    Of the API's objects each equals itself alone.
    """
    runs: dict[object, asyncio.Future[R]] = {}

    @wraps(function)
    async def answer(*arguments: P.args, **named: P.kwargs) -> R:
        key = (tuple(map(_argument, arguments)), *((k, _argument(v)) for k, v in named.items()))
        if key not in runs:
            runs[key] = asyncio.ensure_future(function(*arguments, **named))
        return await asyncio.shield(runs[key])

    return answer


def _argument(value: object) -> object:
    return _Same(value) if isinstance(value, Identified) else value


def once(value: Value) -> Value:
    """Return the object, which asks for its ID once, however often it is an argument."""
    vars(value)["id"] = shared(value.id)
    return value


@cache
def file(name: str, text: str) -> dagger.File:
    """Return the file with this text: its content and nothing else, whatever source it is from."""
    return once(dag.file(name, text))


@cache
def folder(texts: tuple[tuple[str, str], ...] = ()) -> dagger.Directory:
    """Return the directory of files with these paths and texts."""
    made = dag.directory()
    for path, text in texts:
        made = made.with_new_file(path, text)
    return once(made)


@cache
def volume(name: str) -> dagger.CacheVolume:
    """Return the cache volume of this name."""
    return once(dag.cache_volume(name))
