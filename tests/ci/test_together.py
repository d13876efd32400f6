from __future__ import annotations

import asyncio

import pytest

from ci.together import both, together


async def value(number: int) -> int:
    await asyncio.sleep(0.001 * (3 - number))
    return number


async def test_answers_come_in_their_order() -> None:
    assert await together([value(1), value(2)]) == [1, 2]
    assert await both(value(1), value(2)) == (1, 2)


async def test_the_first_error_ends_the_others_and_is_raised_itself() -> None:
    ended = asyncio.Event()

    async def long() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def wrong() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await both(long(), wrong())
    assert ended.is_set()
