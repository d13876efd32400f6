"""When things were last used, and how often: in memory, and written to the index once in a while.

A kill loses the last minutes of it, which only makes collection order things a little differently.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Key = tuple[str, str]
"""Where the store keeps a thing (layer, blob, step …), and its name there."""


AT_ONCE = 10.0
"""Seconds within which uses count as one."""


class Usage:
    """Uses since the index was last written. Not locked: a count that two threads raise at once may be one short."""

    def __init__(self) -> None:
        self._last: dict[Key, float] = {}
        self._unwritten: dict[Key, int] = {}

    def touch(self, place: str, names: Iterable[str]) -> None:
        """Note that things are used now."""
        now = time.time()
        for name in names:
            key = (place, name)
            again = now - self._last.get(key, 0.0) > AT_ONCE
            self._last[key] = now
            self._unwritten[key] = self._unwritten.get(key, 0) + again

    def last(self, place: str, name: str) -> float:
        """Return when a thing was last used in this engine's lifetime; 0 for never."""
        return self._last.get((place, name), 0.0)

    def forget(self, place: str, name: str) -> None:
        """Drop what is known of a thing that is gone."""
        self._last.pop((place, name), None)
        self._unwritten.pop((place, name), None)

    def take(self) -> list[tuple[str, str, float, int]]:
        """Return what the index does not know yet: place, name, last use, number of uses."""
        unwritten, self._unwritten = self._unwritten, {}
        return [(*key, self._last.get(key, 0.0), count) for key, count in unwritten.items()]
