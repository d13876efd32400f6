"""Work side by side."""

from collections.abc import Awaitable, Sequence
from typing import TypeVar, cast

import anyio

Result = TypeVar("Result")
One = TypeVar("One")
Other = TypeVar("Other")


async def together(work: Sequence[Awaitable[Result]]) -> list[Result]:
    """Wait for all, and return what they give in their order; the first error ends the others and is raised itself.

    A task group raises a group of errors, which users would see as a traceback.
    """
    found: dict[int, Result] = {}

    async def one(place: int, awaited: Awaitable[Result]) -> None:
        found[place] = await awaited

    try:
        async with anyio.create_task_group() as group:
            for place, awaited in enumerate(work):
                group.start_soon(one, place, awaited)
    except BaseExceptionGroup as errors:
        raise _first(errors) from errors
    return [found[place] for place in range(len(work))]


async def both(one: Awaitable[One], other: Awaitable[Other]) -> tuple[One, Other]:
    """Wait for two, and return what they give; the first error ends the other one and is raised itself."""
    found = await together([_wrapped(one), _wrapped(other)])
    return cast("tuple[One, Other]", tuple(found))


async def _wrapped(awaited: Awaitable[object]) -> object:
    return await awaited


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
