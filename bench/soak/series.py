"""What an engine holds, call after call, and whether that grows; pure."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ENOUGH = 8
"""Samples below which nothing can be said of growth."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the processes of an engine hold while nothing runs; `memory` in MB, as shares (PSS)."""

    processes: int
    threads: int
    mounts: int
    networks: int
    descriptors: int
    files: int
    memory: float


ALLOWED = Sample(processes=0, threads=4, mounts=0, networks=2, descriptors=6, files=4, memory=12)
"""What the later half may hold beyond the earlier one: pools that are still filling, an allocator's slack."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One resource in one life of an engine: the median of the second and of the last quarter of its samples."""

    name: str
    early: float
    late: float
    most: float
    allowed: float

    @property
    def grows(self) -> bool:
        """Whether more is held late than early, beyond what is allowed."""
        return self.late - self.early > self.allowed


def trends(samples: Sequence[Sample]) -> list[Trend]:
    """Return the trend of every resource; none for too few samples."""
    if len(samples) < ENOUGH:
        return []
    quarter = len(samples) // 4
    found = []
    for entry in fields(Sample):
        values = [float(getattr(sample, entry.name)) for sample in samples]
        early = statistics.median(values[quarter : 2 * quarter])
        late = statistics.median(values[-quarter:])
        allowed = float(getattr(ALLOWED, entry.name))
        found.append(Trend(entry.name, early, late, max(values), allowed))
    return found
