from __future__ import annotations

import pytest

from portable_dagger.errors import PlatformError
from portable_dagger.images.platform import Platform, default, parse


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/x86_64", "linux/amd64"),
        ("arm64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm/v7", "linux/arm"),
        ("linux/arm/v6", "linux/arm/v6"),
        ("Linux/AMD64", "linux/amd64"),
    ],
)
def test_canonical(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical


def test_own() -> None:
    assert parse("linux") == default()
    assert parse("windows") == Platform("windows", default().architecture)


@pytest.mark.parametrize("text", ["", "not a platform", "a/b/c/d", "linux/", "tape"])
def test_malformed(text: str) -> None:
    with pytest.raises(PlatformError, match=r"platform|architecture"):
        parse(text)


def test_json() -> None:
    platform = Platform("linux", "arm", "v6")
    assert platform.to_json() == {"architecture": "arm", "os": "linux", "variant": "v6"}
    assert Platform.from_json(platform.to_json()) == platform
