"""Start of the engine and what it takes while nobody asks."""

from __future__ import annotations

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
    """Sum the proportional set size of every process whose command line names the state directory."""
    total = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            mine = str(place.state).encode() in (folder / "cmdline").read_bytes()
            rollup = (folder / "smaps_rollup").read_text() if mine else ""
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(
            int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")
        )
    return total / 1024
