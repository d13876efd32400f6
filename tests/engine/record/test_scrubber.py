"""Scrubbing of secrets in streams."""

from __future__ import annotations

import base64
import json
import random
import re
import time
import urllib.parse

import pytest

from portable_dagger.record.forms import forms_of
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


SECRET = b'p4ss/w\xc3\xb6rd+?<&">\xff~'


@pytest.mark.parametrize(
    "secret", [b"s3cr3t", SECRET, b"abcdefgh", b"abcdefghi", bytes(range(256))]
)
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("after", range(4))
def test_base64_wherever_the_secret_lies_in_the_text(
    secret: bytes, encode: object, before: int, after: int
) -> None:
    assert callable(encode)
    text = encode(b"A" * before + secret + b"Z" * after)
    for shown in (text, text.rstrip(b"=")):
        scrubbed = _scrubbed([secret], b"<" + shown + b">")
        # What stays holds the neighbours, and at most four bits of the secret at each end.
        assert re.fullmatch(rb"<[\w+/-]{0,4}\*\*\*[\w+/-]{0,5}=*>", scrubbed)


@pytest.mark.parametrize("width", [64, 76])
def test_base64_in_lines(width: int) -> None:
    secret = bytes(range(256))
    text = base64.b64encode(secret).decode()
    lines = "\n".join(text[at : at + width] for at in range(0, len(text), width))
    assert _scrubbed([secret], lines.encode()) == b"***"


@pytest.mark.parametrize(
    "text",
    [
        urllib.parse.quote(SECRET),
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote_plus(SECRET),
        urllib.parse.quote(SECRET, safe="").replace("%2F", "%2f").replace("%FF", "%ff"),
    ],
)
def test_url_escaped(text: str) -> None:
    if "%2f" in text:
        text = re.sub("%..", lambda found: found[0].lower(), text)
    assert _scrubbed([SECRET], f"?key={text}&x".encode()) == b"?key=***&x"


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ('a"b\\c\nd', json.dumps('a"b\\c\nd')),
        ("pässword", '"p\\u00e4ssword"'),
        ("pässword\t1", '"pässword\\t1"'),
        ("a<b>&c", '"a\\u003cb\\u003e\\u0026c"'),
        ("a/b/c", '"a\\/b\\/c"'),
    ],
)
def test_json_escaped(secret: str, text: str) -> None:
    assert _scrubbed([secret.encode()], text.encode()) == b'"***"'


def test_short_secrets_have_no_base64_form() -> None:
    assert forms_of(b"test") == {b"test"}
    assert all(len(form) >= 5 for form in forms_of(b"tests"))


def test_chunks_of_any_size_give_what_one_chunk_gives() -> None:
    chance = random.Random(4711)  # noqa: S311  the same every time
    for _ in range(300):
        secrets = [bytes(chance.choices(b"abA/+", k=chance.randint(1, 12))) for _ in range(3)]
        pieces = [form for secret in secrets for form in sorted(forms_of(secret))] + [b"ab", b"AA"]
        text = b"".join(chance.choices(pieces, k=12))
        scrubber = Scrubber(secrets)
        shown, position = b"", 0
        while position < len(text):
            size = chance.randint(1, 9)
            shown += scrubber.feed(text[position : position + size])
            position += size
        assert shown + scrubber.flush() == _scrubbed(secrets, text)


def test_a_hundred_thousand_lines_do_not_crawl() -> None:
    chance = random.Random(1)  # noqa: S311  the same every time
    secrets = [chance.randbytes(12).hex().encode() for _ in range(19)] + [chance.randbytes(128_000)]
    chunk = b"".join(b"step %d of the build went well\n" % at for at in range(2000))
    scrubber = Scrubber(secrets)
    start = time.process_time()
    for _ in range(50):
        scrubber.feed(chunk)
    assert time.process_time() - start < 5


def _scrubbed(secrets: list[bytes], text: bytes) -> bytes:
    scrubber = Scrubber(secrets)
    return scrubber.feed(text) + scrubber.flush()
