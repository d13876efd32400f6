from __future__ import annotations

from ci.output import last_lines


def test_the_last_lines_are_kept_without_empty_ones() -> None:
    text = "\n\n".join(map(str, range(99)))

    assert last_lines(text).splitlines() == [str(number) for number in range(74, 99)]


def test_nothing_is_said_to_be_nothing() -> None:
    assert last_lines(" \n") == "it wrote nothing"
