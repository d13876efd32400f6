"""Patterns of the kind that .dockerignore has, which Dagger's include and exclude use.

Rules (moby patternmatcher): relative to the root, `*` and `?` stay within one name, `**` spans any depth, a pattern
that matches a directory covers what is in it, `!` takes back, the last pattern that matches decides.
"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from portable_dagger.errors import PatternError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Patterns:
    """An ordered list of patterns."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._rules: list[tuple[bool, re.Pattern[str], re.Pattern[str]]] = []
        for text in texts:
            negated = text.startswith("!")
            cleaned = _cleaned(text[1:] if negated else text)
            if cleaned:
                self._rules.append((negated, compiled(cleaned), covering(cleaned)))
        self.negates = any(negated for negated, _, _ in self._rules)

    def __bool__(self) -> bool:
        """Whether there is any pattern."""
        return bool(self._rules)

    def match(self, path: str) -> bool:
        """Whether a relative path, or a directory above it, is covered."""
        covered = False
        for negated, _, covers in self._rules:
            if covered == negated and covers.fullmatch(path):
                covered = not negated
        return covered

    def match_exactly(self, path: str) -> bool:
        """Whether a relative path itself matches, whatever covers its parents."""
        covered = False
        for negated, rule, _ in self._rules:
            if rule.fullmatch(path):
                covered = not negated
        return covered


def _cleaned(text: str) -> str:
    """Return a pattern without `.`, `..` and a slash at its end; one with a leading slash matches nothing."""
    text = text.strip()
    if not text or text.startswith("/"):
        return ""
    return posixpath.normpath("/" + text).lstrip("/")


@lru_cache(maxsize=4096)
def covering(pattern: str) -> re.Pattern[str]:
    """Translate one pattern, so that it matches what lies below its matches too."""
    rule = compiled(pattern)
    return re.compile(f"(?:{rule.pattern})(?:/.*)?", rule.flags | re.DOTALL)


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """Translate one pattern; PatternError for one that does not parse."""
    out, at, end = [], 0, len(pattern)
    while at < end:
        letter = pattern[at]
        at += 1
        if letter == "*":
            if pattern.startswith("*", at):
                at += 1
                if pattern.startswith("/", at):
                    at += 1
                    out.append("(?:.*/)?")
                else:
                    out.append(".*")
            else:
                out.append("[^/]*")
        elif letter == "?":
            out.append("[^/]")
        elif letter == "[":
            close = pattern.find("]", at + 1)
            if close < 0:
                raise PatternError(f"syntax error in pattern: {pattern}", "close the [ with a ]")
            body = pattern[at:close].replace("\\", "\\\\")
            out.append("[" + ("^" + body[1:] if body[0] in "^!" else body) + "]")
            at = close + 1
        elif letter == "\\" and at < end:
            out.append(re.escape(pattern[at]))
            at += 1
        else:
            out.append(re.escape(letter))
    try:
        return re.compile("".join(out), re.DOTALL)
    except re.error as error:
        raise PatternError(f"syntax error in pattern: {pattern}", str(error)) from error
