"""Shared work: done once, ended early only when nobody waits."""

from __future__ import annotations

import asyncio

import pytest

from portable_dagger.graph.sharing import Sharing


async def test_identical_work_is_done_once() -> None:
    sharing, calls = Sharing(), 0

    async def work() -> int:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.01)
        return calls

    assert await asyncio.gather(*(sharing.once("key", work) for _ in range(5))) == [1] * 5
    assert await sharing.once("key", work) == 2


async def test_an_error_reaches_every_waiter() -> None:
    sharing = Sharing()

    async def work() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    found = await asyncio.gather(
        *(sharing.once("key", work) for _ in range(3)), return_exceptions=True
    )
    assert [str(error) for error in found] == ["no"] * 3


async def test_one_waiter_less_leaves_the_work_to_the_others() -> None:
    sharing = Sharing()
    done = asyncio.Event()

    async def work() -> str:
        await done.wait()
        return "finished"

    first = asyncio.ensure_future(sharing.once("key", work))
    second = asyncio.ensure_future(sharing.once("key", work))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    done.set()
    assert await second == "finished"


async def test_what_is_read_is_read_after_the_question() -> None:
    """Who asks while something is read gets what the next reading finds, together with all who ask before it begins."""
    sharing, folder, read = Sharing(), "old", 0
    begun = asyncio.Event()

    async def work() -> str:
        nonlocal read
        read += 1
        found = folder
        begun.set()
        await asyncio.sleep(0.01)
        return found

    first = asyncio.ensure_future(sharing.next("key", work))
    await begun.wait()
    folder = "new"
    later = [asyncio.ensure_future(sharing.next("key", work)) for _ in range(5)]

    assert await first == "old"
    assert await asyncio.gather(*later) == ["new"] * 5
    assert read == 2
    assert await sharing.next("key", work) == "new"
    assert read == 3


async def test_the_last_waiter_takes_the_work_along() -> None:
    sharing = Sharing()
    ended = False

    async def work() -> None:
        nonlocal ended
        try:
            await asyncio.sleep(60)
        finally:
            ended = True

    waiter = asyncio.ensure_future(sharing.once("key", work))
    await asyncio.sleep(0.01)
    waiter.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert ended
