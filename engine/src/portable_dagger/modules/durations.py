"""Durations as modules write them: `90s`, `1h30m`, `250ms`."""

from __future__ import annotations

import math
import re

from portable_dagger.errors import ModuleLoadError

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")


def seconds(text: str) -> float:
    """Return a duration in seconds; no text is an endless one. ModuleLoadError for anything else."""
    if not text:
        return math.inf
    if not re.fullmatch(f"(?:{_PART.pattern})+", text):
        raise ModuleLoadError(f"{text!r} is no duration", "write it like 90s, 10m or 1h30m")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
