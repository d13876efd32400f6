from __future__ import annotations

import asyncio

import pytest

from ci import known


class Thing:
    """Something with an ID, which counts how often it is asked for it."""

    def __init__(self) -> None:
        self.asked = 0

    async def id(self) -> str:
        self.asked += 1
        await asyncio.sleep(0)
        return f"id {self.asked}"


async def test_an_id_is_asked_for_once() -> None:
    thing, other = Thing(), Thing()
    assert known.once(thing) is thing

    ids = await asyncio.gather(thing.id(), thing.id(), other.id())

    assert ids == ["id 1", "id 1", "id 1"]
    assert await thing.id() == "id 1"
    assert (thing.asked, other.asked) == (1, 1)


async def test_equal_questions_are_asked_once_each() -> None:
    asked = []

    @known.shared
    async def question(word: str, *, loud: bool = False) -> str:
        asked.append(word)
        await asyncio.sleep(0)
        return word.upper() if loud else word

    answers = await asyncio.gather(question("a"), question("a"), question("b", loud=True))

    assert (answers, asked) == (["a", "a", "B"], ["a", "b"])


async def test_objects_of_the_api_are_told_apart_by_what_they_are() -> None:
    thing, other = Thing(), Thing()

    @known.shared
    async def question(about: Thing) -> str:
        return await about.id()

    assert await asyncio.gather(question(thing), question(thing), question(other)) == ["id 1"] * 3
    assert (thing.asked, other.asked) == (1, 1)


async def test_who_stops_waiting_takes_the_answer_from_nobody() -> None:
    @known.shared
    async def question() -> str:
        await asyncio.sleep(0.01)
        return "answer"

    first = asyncio.ensure_future(question())
    await asyncio.sleep(0)
    first.cancel()

    assert await question() == "answer"


async def test_what_goes_wrong_is_told_to_all() -> None:
    @known.shared
    async def question() -> str:
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            await question()


def test_files_and_folders_of_equal_content_are_one() -> None:
    assert known.file("a", "text") is known.file("a", "text")
    assert known.folder((("a", "text"),)) is known.folder((("a", "text"),))
    assert known.folder() is not known.folder((("a", "text"),))
    assert known.volume("a") is not known.volume("b")
