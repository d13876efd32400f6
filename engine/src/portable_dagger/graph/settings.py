"""Small values that a container's configuration is read as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from portable_dagger.graph.values import Value
from portable_dagger.images.healthcheck import format_duration

if TYPE_CHECKING:
    from portable_dagger.images.healthcheck import Healthcheck


@dataclass(frozen=True, slots=True)
class Label(Value):
    """A label of an image."""

    api_type: ClassVar[str] = "Label"
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class HealthcheckConfig(Value):
    """An image's health check, durations as texts such as `1m30s`."""

    api_type: ClassVar[str] = "HealthcheckConfig"
    args: tuple[str, ...]
    shell: bool
    interval: str
    timeout: str
    start_period: str
    start_interval: str
    retries: int

    @classmethod
    def of(cls, check: Healthcheck) -> HealthcheckConfig:
        """Return the readable form of a health check."""
        return cls(
            args=check.args,
            shell=check.shell,
            interval=format_duration(check.interval),
            timeout=format_duration(check.timeout),
            start_period=format_duration(check.start_period),
            start_interval=format_duration(check.start_interval),
            retries=check.retries,
        )
