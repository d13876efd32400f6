"""What a cache file says of itself, as values, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from portable_dagger.cache_file.document import (
    FORMAT,
    Document,
    Folder,
    Layer,
    Output,
    Volume,
    decode,
    encode,
)
from portable_dagger.errors import CacheFileError
from portable_dagger.store.portable import PortableStep

if TYPE_CHECKING:
    from collections.abc import Callable

A, B, C = (f"sha256:{letter * 64}" for letter in "abc")
FOLDER = Folder(A, B, 10, 20, 0o755, 0, 0)
DOCUMENT = Document(
    steps=(PortableStep("key", {"root": [A]}, (A,), (C,), 1.5, 2.5),),
    layers=(Layer(A, "exec", "make it", FOLDER),),
    outputs=(Output(C, 3, "make it"),),
    volumes=(Volume("mod(ci)|uv|SHARED||", "uv of mod(ci)", FOLDER),),
    contents=((f"{A}:/", B),),
    created=3.0,
)


def test_there_and_back() -> None:
    assert decode(encode(DOCUMENT)) == DOCUMENT


@pytest.mark.parametrize("found", [1, 99])
def test_another_format_is_refused_by_name(found: int) -> None:
    data = encode(DOCUMENT).replace(b'"format":%d' % FORMAT, b'"format":%d' % found)
    with pytest.raises(CacheFileError, match=f"format is {found}, and this engine reads {FORMAT}"):
        decode(data)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: value.pop("steps"),
        lambda value: value["steps"][0].pop("key"),
        lambda value: value["steps"][0].update(more=1),
        lambda value: value["steps"][0].update(value="text"),
        lambda value: value["steps"][0].update(layers=A),
        lambda value: value["steps"][0].update(layers=[1]),
        lambda value: value["steps"][0].update(layers=[B]),
        lambda value: value["steps"][0].update(used="now"),
        lambda value: value["layers"][0].update(digest="../../etc"),
        lambda value: value["layers"][0]["folder"].update(blob="sha256:0"),
        lambda value: value["layers"][0]["folder"].update(mode=None),
        lambda value: value["layers"][0]["folder"].pop("unpacked"),
        lambda value: value["layers"][0]["folder"].update(unpacked=-1),
        lambda value: value["layers"][0]["folder"].update(unpacked=1 << 63),
        lambda value: value["volumes"][0]["folder"].update(size=-1),
        lambda value: value["outputs"][0].update(size=-1),
        lambda value: value["layers"].append(value["layers"][0]),
        lambda value: value["volumes"].append(value["volumes"][0]),
        lambda value: value["contents"].append([1]),
        lambda value: value.update(created=[]),
    ],
)
def test_what_cannot_be_right_is_refused(spoil: Callable[[dict[str, Any]], object]) -> None:
    value = json.loads(encode(DOCUMENT))
    spoil(value)
    with pytest.raises(CacheFileError):
        decode(json.dumps(value).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(CacheFileError):
        decode(data)
