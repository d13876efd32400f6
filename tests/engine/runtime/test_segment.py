"""Which session has which segment."""

from __future__ import annotations

from portable_dagger.runtime.segment import CUT, OPEN, Segments


def test_an_owner_keeps_its_segment_while_it_uses_it() -> None:
    segments = Segments()
    first = segments.join("one")
    assert segments.join("one") is first
    assert segments.join("two") is not first
    segments.leave(first)
    assert segments.join("three") is not first
    segments.leave(first)
    assert segments.join("four") is first
    assert (first.owner, first.used) == ("four", 1)


def test_slots_made_ahead_go_where_the_last_one_went() -> None:
    segments = Segments()
    first = segments.latest
    assert segments.join("one") is first
    second = segments.join("two")
    assert segments.latest is second
    segments.join("one")
    assert segments.latest is first


def test_a_segment_never_becomes_one_of_the_other_kind() -> None:
    segments = Segments()
    cut = segments.join("one", cut=True)
    assert cut.name.startswith(CUT)
    assert segments.join("one", cut=True) is cut
    opened = segments.join("one")
    assert opened.name.startswith(OPEN)
    for segment in (cut, cut, opened):
        segments.leave(segment)
    assert segments.join("two") is opened
    assert segments.join("three", cut=True) is cut
