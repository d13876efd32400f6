"""Patterns: dockerignore's rules."""

from __future__ import annotations

import pytest

from portable_dagger.errors import PatternError
from portable_dagger.store.pattern import Patterns


@pytest.mark.parametrize(
    ("patterns", "path", "covered"),
    [
        (["*.log"], "a.log", True),
        (["*.log"], "sub/a.log", False),
        (["**/*.log"], "a.log", True),
        (["**/*.log"], "x/y/a.log", True),
        (["sub"], "sub/deep/file", True),
        (["sub/"], "sub/file", True),
        (["/sub/"], "sub/file", False),
        (["sub"], "subway", False),
        (["**"], "any/thing", True),
        (["a/**"], "a", False),
        (["a/**"], "a/b", True),
        (["*.log", "!keep.log"], "keep.log", False),
        (["!keep.log", "*.log"], "keep.log", True),
        (["?at"], "cat", True),
        (["[a-c]at"], "bat", True),
        (["[^a-c]at"], "bat", False),
        (["a\\*"], "a*", True),
        (["a\\*"], "ab", False),
        (["./x/../y"], "y", True),
        ([""], "x", False),
    ],
)
def test_what_is_covered(patterns: list[str], path: str, covered: bool) -> None:  # noqa: FBT001
    assert Patterns(patterns).match(path) is covered


def test_a_pattern_that_does_not_parse_is_named() -> None:
    with pytest.raises(PatternError, match=r"a\[b"):
        Patterns(["a[b"])
