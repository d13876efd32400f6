"""Addresses of git."""

from __future__ import annotations

import pytest

from portable_dagger.ops.git_address import GitAddress, is_git, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://host/o/r", GitAddress("https://host/o/r")),
        ("https://host/o/r.git#v1", GitAddress("https://host/o/r.git", "v1")),
        ("git@host:o/r#main:docs/x", GitAddress("git@host:o/r", "main", "docs/x")),
        ("ssh://git@host/o/r#:docs", GitAddress("ssh://git@host/o/r", "", "docs")),
    ],
)
def test_parts(text: str, expected: GitAddress) -> None:
    assert parse(text) == expected


def test_what_is_an_address_of_git() -> None:
    assert is_git("https://host/o/r")
    assert is_git("git@host:o/r")
    assert is_git("file:///some/repository.git")
    assert is_git("file:///some/folder#main")
    assert not is_git("file:///some/folder")
    assert not is_git("./folder")
    assert not is_git("folder:with-colon")
