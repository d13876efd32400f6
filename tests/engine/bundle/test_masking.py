"""What is masked, and that a file reads the same in pieces of any size."""

from __future__ import annotations

import base64
import io

import pytest

from portable_dagger.bundle.masking import Mask
from portable_dagger.record.forms import forms_of

SECRET = b"p4ss/w0rd+of\xc3\xa4"


def test_nothing_to_mask() -> None:
    mask = Mask(())
    assert not mask
    assert mask.text("text") == "text"
    assert mask.file(io.BytesIO(b"data")).read() == b"data"
    assert not Mask([b""])


def test_every_form_keeps_its_length() -> None:
    mask = Mask([SECRET])
    for form in forms_of(SECRET):
        assert mask.data(b"a " + form + b" z") == b"a " + b"*" * len(form) + b" z"
    encoded = base64.b64encode(b"user:" + SECRET + b"\n")
    masked = mask.data(encoded)
    assert len(masked) == len(encoded)
    assert masked.count(b"*") > len(SECRET)


def test_short_forms_in_texts_only() -> None:
    mask = Mask([b"abc"])
    assert mask.text("--password=abc") == "--password=***"
    assert mask.data(b"abc") == b"abc"


def test_text_that_is_no_utf8() -> None:
    assert Mask([b"secret"]).text("\udcff secret") == "\udcff ******"


def test_overlapping_secrets() -> None:
    mask = Mask([b"abcdef", b"defghi"])
    assert mask.counted(b"-abcdefghi-") == (b"-*********-", 1)
    assert Mask([b"aaaa"]).data(b"baaaaaab") == b"b******b"


@pytest.mark.parametrize("size", [1, 7, 1000, -1])
def test_file_across_borders(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portable_dagger.bundle.masking._CHUNK", 64)
    mask = Mask([b"secret-one", b"one-and-two"])
    data = b"".join(b"." * gap + b"secret-one" + b"-and-two" * (gap % 3) for gap in range(150))
    file = mask.file(io.BytesIO(data))
    pieces = []
    while piece := file.read(size):
        pieces.append(piece)
    assert b"".join(pieces) == mask.data(data)
    assert file.count == mask.counted(data)[1]


def test_key_says_nothing() -> None:
    assert Mask([SECRET]).key == ""
    assert Mask([], b"salt").key == ""
    first, second = Mask([SECRET, b"b"], b"salt").key, Mask([b"b", SECRET], b"salt").key
    assert first == second
    assert first != Mask([SECRET, b"b"], b"other").key
    assert first != Mask([SECRET], b"salt").key
