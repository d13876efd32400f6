from __future__ import annotations

import pytest

from portable_dagger.errors import ImageReferenceError
from portable_dagger.images.reference import normalise, parse

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("debian", "docker.io/library/debian:latest"),
        ("debian:bookworm-slim", "docker.io/library/debian:bookworm-slim"),
        ("docker.io/debian", "docker.io/library/debian:latest"),
        ("index.docker.io/debian", "docker.io/library/debian:latest"),
        ("team/tool:1", "docker.io/team/tool:1"),
        ("localhost/tool", "localhost/tool:latest"),
        ("localhost:5000/tool", "localhost:5000/tool:latest"),
        ("registry.example:5000/a/b/c:v1", "registry.example:5000/a/b/c:v1"),
        ("[::1]:5000/a:v1", "[::1]:5000/a:v1"),
        (f"debian@{DIGEST}", f"docker.io/library/debian@{DIGEST}"),
        (f"a.example/b:1@{DIGEST}", f"a.example/b:1@{DIGEST}"),
    ],
)
def test_full_form(short: str, full: str) -> None:
    assert normalise(short) == full
    assert normalise(full) == full


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "Debian",
        "a//b",
        "a:",
        "a:.tag",
        "-a",
        "a/-b",
        "a@sha256:12",
        "a b",
        "0123" * 16,
        "a" * 300,
    ],
)
def test_malformed(text: str) -> None:
    with pytest.raises(ImageReferenceError) as error:
        parse(text)
    assert text in error.value.message
    assert "python:3.12-slim" in error.value.hint


def test_message_for_capitals() -> None:
    with pytest.raises(
        ImageReferenceError, match=r"repository name \(library/Not A Ref!!\) must be lowercase"
    ):
        parse("Not A Ref!!")


def test_familiar_form() -> None:
    assert parse("docker.io/library/python:3.12-slim").familiar == "python:3.12-slim"
    assert parse("docker.io/team/tool").familiar == "team/tool"
    assert parse("a.example/tool").familiar == "a.example/tool"


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("localhost:5000/a", True),
        ("127.0.0.1:5000/a", True),
        ("127.9.9.9/a", True),
        ("[::1]:5000/a", True),
        ("127.0.0.1.example/a", False),
        ("localhost.example/a", False),
        ("a", False),
    ],
)
def test_plain_http_only_on_loopback(address: str, *, loopback: bool) -> None:
    assert parse(address).is_loopback is loopback
