"""Segments of the containers' network: which session has which bridge, pure.

A segment nobody uses any more goes to the next session that asks: there are as many as sessions had containers at once.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Segment:
    """A bridge in the hub, and the session (`owner`) whose containers are on it; `used`: how many slots it has."""

    name: str
    owner: str
    used: int = 0


class Segments:
    """All segments; `latest` is where slots that are made ahead go, as the next container is probably for it."""

    def __init__(self) -> None:
        self._all: list[Segment] = []
        self.latest = self._new("")

    def join(self, owner: str) -> Segment:
        """Return the segment of an owner, with one more slot counted: its own, one that is free, or a new one."""
        own = [segment for segment in self._all if segment.used and segment.owner == owner]
        free = [segment for segment in self._all if not segment.used]
        segment = (own or free or [self._new(owner)])[0]
        segment.owner = owner
        segment.used += 1
        self.latest = segment
        return segment

    def leave(self, segment: Segment) -> None:
        """Count one slot less."""
        segment.used -= 1

    def _new(self, owner: str) -> Segment:
        segment = Segment(f"segment{len(self._all)}", owner)
        self._all.append(segment)
        return segment
