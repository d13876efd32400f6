"""Secrets in compressed files: the file as a whole is overwritten."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from typing import TYPE_CHECKING

import pytest

from portable_dagger.bundle.masking import Mask

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = b"s3cret-of-many-letters"
TEXT = b"before " * 200_000 + SECRET + b" after"


def zipped(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("harmless", b"nothing")
        archive.writestr("token", data)
    return made.getvalue()


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": zipped,
}


def masked(data: bytes) -> tuple[bytes, int]:
    reader = Mask([SECRET]).file(io.BytesIO(data))
    return reader.read(), reader.count


@pytest.mark.parametrize("form", FORMS)
def test_a_file_with_a_secret_is_overwritten(form: str) -> None:
    data = FORMS[form](TEXT)
    assert SECRET not in data
    assert masked(data) == (b"*" * len(data), 1)


@pytest.mark.parametrize("form", FORMS)
def test_a_file_without_one_stays(form: str) -> None:
    data = FORMS[form](b"before " * 1000)
    assert masked(data) == (data, 0)


@pytest.mark.parametrize("form", FORMS)
def test_a_broken_file_is_searched_as_it_is(form: str) -> None:
    data = FORMS[form](TEXT)[:20] + b"\0" * 50 + SECRET
    assert masked(data) == (data[: -len(SECRET)] + b"*" * len(SECRET), 1)


def test_what_comes_before_the_break_counts() -> None:
    data = gzip.compress(SECRET + bytes(range(256)) * 4096)[:-9]
    assert masked(data) == (b"*" * len(data), 1)


def test_without_secrets_nothing_is_opened() -> None:
    data = gzip.compress(TEXT)
    assert Mask([]).file(io.BytesIO(data)).read() == data
