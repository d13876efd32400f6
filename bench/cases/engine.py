"""Start of the engine and what it takes while nobody asks."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measurement import Measurement, timed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.workplace import Workplace

SETTLED = 3.0
"""Seconds after which a started engine has done what it does at its start."""


def measure(place: Workplace) -> Iterator[Measurement]:
    """Yield the seconds to a first answer with an empty state, and the memory of the idle engine."""
    starts, memory = [], []
    query = place.scratch / "version.graphql"
    query.write_text("{ version }")
    for _ in range(place.rounds):
        with place.empty() as fresh:
            starts.append(timed(partial(fresh.call, "query", "--doc", str(query))))
            time.sleep(SETTLED)
            memory.append(_memory(fresh))
    yield Measurement("engine start, empty state", tuple(starts), limit=0.8, dagger="0.3-0.8")
    yield Measurement("engine memory, idle", tuple(memory), "MB", limit=120, dagger="350")


def _memory(place: Workplace) -> float:
    """Sum the proportional set sizes of the engine's processes: the one that engine.json names, and all below it."""
    first = json.loads((place.state / "engine.json").read_text())["pid"]
    total, waiting = 0, [int(first)]
    while waiting:
        folder = Path("/proc", str(waiting.pop()))
        rollup = (folder / "smaps_rollup").read_text().split()
        total += int(rollup[rollup.index("Pss:") + 1])
        for task in (folder / "task").iterdir():
            waiting.extend(int(child) for child in (task / "children").read_text().split())
    return total / 1024
