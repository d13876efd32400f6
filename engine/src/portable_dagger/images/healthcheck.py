"""Health checks of images, and the durations that they are written in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from portable_dagger.errors import DurationError

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """The command that tells whether a container is healthy; times in nanoseconds, 0 for the default."""

    args: tuple[str, ...]
    shell: bool = False
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> Healthcheck | None:
        """Read the `Healthcheck` object of an image configuration; none, or `NONE`, is None.

        Source: Docker image specification v1.3, HealthcheckConfig.
        """
        test = (value or {}).get("Test") or []
        if value is None or not test or test[0] == "NONE":
            return None
        return cls(
            args=tuple(test[1:]),
            shell=test[0] == "CMD-SHELL",
            interval=value.get("Interval", 0),
            timeout=value.get("Timeout", 0),
            start_period=value.get("StartPeriod", 0),
            start_interval=value.get("StartInterval", 0),
            retries=value.get("Retries", 0),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the `Healthcheck` object of an image configuration, without what is 0."""
        times = {
            "Interval": self.interval,
            "Timeout": self.timeout,
            "StartPeriod": self.start_period,
            "StartInterval": self.start_interval,
            "Retries": self.retries,
        }
        test = ["CMD-SHELL" if self.shell else "CMD", *self.args]
        return {"Test": test, **{name: number for name, number in times.items() if number}}


def parse_duration(text: str) -> int:
    """Read a duration such as `1m30s` or `500ms` into nanoseconds; DurationError if it is none.

    The form is that of Go's time.ParseDuration, which Dockerfiles and Dagger use.
    """
    sign, body = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if body == "0":
        return 0
    parts = _PART.findall(body)
    if not parts or "".join(number + unit for number, unit in parts) != body:
        raise DurationError(f"invalid duration {text!r}", hint="write it like 1m30s, 2s or 500ms")
    return sign * sum(round(float(number) * _UNITS[unit]) for number, unit in parts)


def format_duration(nanoseconds: int) -> str:
    """Return the canonical text of a duration, such as `1m30s`, `500ms` or `0s` (Go's Duration.String)."""
    if nanoseconds < 0:
        return f"-{format_duration(-nanoseconds)}"
    if nanoseconds == 0:
        return "0s"
    if nanoseconds < _UNITS["s"]:
        unit = next(name for name in ("ms", "µs", "ns") if nanoseconds >= _UNITS[name])
        return f"{_decimal(nanoseconds, _UNITS[unit])}{unit}"
    hours, rest = divmod(nanoseconds, _UNITS["h"])
    minutes, rest = divmod(rest, _UNITS["m"])
    lead = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{lead}{_decimal(rest, _UNITS['s'])}s"


def _decimal(number: int, unit: int) -> str:
    whole, fraction = divmod(number, unit)
    digits = str(fraction).zfill(len(str(unit)) - 1).rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
