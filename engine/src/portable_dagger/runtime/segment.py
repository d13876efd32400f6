"""Segments of the containers' network: which session has which bridge, pure.

A segment nobody uses any more goes to the next session that asks: there are as many as sessions had containers at once.
"""

from __future__ import annotations

from dataclasses import dataclass

OPEN = "segment"
CUT = "cut"
"""How the names of segments begin: rules tell those without a way out by it, so none ever becomes the other kind."""


@dataclass(slots=True, eq=False)
class Segment:
    """A bridge in the hub, and the session (`owner`) whose containers are on it; `used`: how many slots it has.

    cut: nothing leads out of it.
    """

    name: str
    owner: str
    cut: bool = False
    used: int = 0


class Segments:
    """All segments; `latest` is where slots that are made ahead go, as the next container is probably for it."""

    def __init__(self) -> None:
        self._all: list[Segment] = []
        self.latest = self._new("", cut=False)

    def join(self, owner: str, *, cut: bool = False) -> Segment:
        """Return the segment of an owner, with one more slot counted: its own, one that is free, or a new one."""
        fitting = [segment for segment in self._all if segment.cut is cut]
        own = [segment for segment in fitting if segment.used and segment.owner == owner]
        free = [segment for segment in fitting if not segment.used]
        segment = (own or free or [self._new(owner, cut=cut)])[0]
        segment.owner = owner
        segment.used += 1
        self.latest = segment
        return segment

    def leave(self, segment: Segment) -> None:
        """Count one slot less."""
        segment.used -= 1

    def _new(self, owner: str, *, cut: bool) -> Segment:
        segment = Segment(f"{CUT if cut else OPEN}{len(self._all)}", owner, cut)
        self._all.append(segment)
        return segment
