"""The patterns of .dockerignore files."""

from __future__ import annotations

from portable_dagger.dockerfile.ignore import patterns


def test_patterns_are_relative_and_normal() -> None:
    text = "# comment\n\n  *.log  \n/top\n!keep/./x\n! spaced\nsub/\n"
    assert patterns(text) == ("*.log", "top", "!keep/x", "!spaced", "sub")
