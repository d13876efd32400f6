"""The table of a run, as Markdown and as JSON."""

from __future__ import annotations

import json
import os
import platform
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.measurement import Measurement

HEADER = "| what | median | fastest to slowest | aim | kept | Dagger v0.21.7 |\n|---|---|---|---|---|---|"


def markdown(measurements: Sequence[Measurement]) -> str:
    """Return a table with a row a measurement."""
    return "\n".join([HEADER, *map(line, measurements)]) + "\n"


def line(one: Measurement) -> str:
    """Return a measurement's row."""
    if one.median is None:
        return f"| {one.name} | {one.failure} | | {_aim(one)} | {one.verdict} | {one.dagger} |"
    spread = (
        f"{_figure(min(one.values))} to {_figure(max(one.values))}" if len(one.values) > 1 else ""
    )
    shown = f"{_figure(one.median)} {one.unit}"
    return f"| {one.name} | {shown} | {spread} | {_aim(one)} | {one.verdict} | {one.dagger} |"


def machine() -> dict[str, Any]:
    """Return what the figures depend on: processors and how fast one is right now, kernel, Python."""
    return {
        "processors": os.cpu_count(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
        "ten million additions": f"{_additions():.2f} s",
    }


def _additions() -> float:
    """Return the seconds of a fixed piece of work: virtual machines are slowed by their neighbours."""
    start, total = time.perf_counter(), 0
    for number in range(10_000_000):
        total += number
    return time.perf_counter() - start


def document(measurements: Sequence[Measurement], facts: dict[str, Any]) -> str:
    """Return the run as JSON text."""
    rows = [
        {
            "name": one.name,
            "unit": one.unit,
            "median": one.median,
            "values": list(one.values),
            "limit": one.limit,
            "verdict": one.verdict,
            "failure": one.failure,
        }
        for one in measurements
    ]
    return json.dumps({"machine": facts, "measurements": rows}, indent=2) + "\n"


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004  three digits


def _aim(one: Measurement) -> str:
    return "" if one.limit is None else f"≤ {_figure(one.limit)}"
