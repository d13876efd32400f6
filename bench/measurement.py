"""What a case measures: a name, the values, and the limits that they are held against."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row of the table.

    `values` holds one figure a round, in `unit`; `limit` is what we aim at, and `dagger` what Dagger v0.21.7 was
    measured at on another day on a machine of this kind (issue 4 and DESIGN section 7), None where there is none.
    `failure` says why there are no values.
    """

    name: str
    values: tuple[float, ...] = ()
    unit: str = "s"
    limit: float | None = None
    dagger: str = ""
    failure: str = ""
    facts: dict[str, float] = field(default_factory=dict)

    @property
    def median(self) -> float | None:
        """The middle value; None without values."""
        return statistics.median(self.values) if self.values else None

    @property
    def verdict(self) -> str:
        """Whether the limit is kept: `yes`, `no`, or empty where there is none to keep."""
        if self.failure:
            return "not measured"
        if self.limit is None or self.median is None:
            return ""
        return "yes" if self.median <= self.limit else "no"


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def rounds(count: int, action: Callable[[], object]) -> tuple[float, ...]:
    """Return the seconds of each of `count` runs of an action."""
    return tuple(timed(action) for _ in range(count))
