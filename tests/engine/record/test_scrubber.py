"""Scrubbing of secrets in streams."""

from __future__ import annotations

import pytest

from portable_dagger.record.scrubber import Scrubber


@pytest.mark.parametrize(
    ("secrets", "text", "shown"),
    [
        ([b"s3cr3t"], b"a s3cr3t b", b"a *** b"),
        ([b"e", b""], b"hello there", b"h***llo th***r***"),
        ([b"  padded \n"], b"<padded>", b"<***>"),
        ([b"one\ntwo\n"], b"one\ntwo|one", b"***|one"),
        ([b"ab", b"abcd"], b"xabcdx abx", b"x***x ***x"),
        ([b"aab"], b"aaab aa", b"a*** aa"),
        ([], b"nothing to hide", b"nothing to hide"),
    ],
)
def test_whatever_the_chunks(secrets: list[bytes], text: bytes, shown: bytes) -> None:
    for size in range(1, len(text) + 1):
        scrubber = Scrubber(secrets)
        chunks = [text[at : at + size] for at in range(0, len(text), size)]
        assert b"".join([*map(scrubber.feed, chunks), scrubber.flush()]) == shown


def test_what_cannot_be_a_secret_is_shown_at_once() -> None:
    scrubber = Scrubber([b"secret"])
    assert scrubber.feed(b"progress 50%\r") == b"progress 50%\r"
    assert scrubber.feed(b"a sec") == b"a "
    assert scrubber.feed(b"ond") == b"second"
