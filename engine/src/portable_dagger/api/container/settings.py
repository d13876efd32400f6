"""The small types that a container answers: Port, Label, HealthcheckConfig."""

from __future__ import annotations

from portable_dagger.api.registry import ObjectType
from portable_dagger.graph.context import Context
from portable_dagger.graph.settings import HealthcheckConfig, Label
from portable_dagger.graph.values import NetworkProtocol, Port

PORT = ObjectType("Port", "A port exposed by a container.")
LABEL = ObjectType("Label", "A simple key value object that represents a label.")
HEALTHCHECK = ObjectType("HealthcheckConfig", "Image healthcheck configuration.")


@PORT.field()
async def description(self: Port, context: Context) -> str | None:
    """The port description."""
    return self.description


@PORT.field()
async def experimental_skip_healthcheck(self: Port, context: Context) -> bool:
    """Skip the health check when run as a service."""
    return self.skip_healthcheck


@PORT.field()
async def port(self: Port, context: Context) -> int:
    """The port number."""
    return self.port


@PORT.field()
async def protocol(self: Port, context: Context) -> NetworkProtocol:
    """The transport layer protocol."""
    return self.protocol


@LABEL.field()
async def name(self: Label, context: Context) -> str:
    """The label name."""
    return self.name


@LABEL.field()
async def value(self: Label, context: Context) -> str:
    """The label value."""
    return self.value


@HEALTHCHECK.field()
async def args(self: HealthcheckConfig, context: Context) -> list[str]:
    """Healthcheck command arguments."""
    return list(self.args)


@HEALTHCHECK.field()
async def shell(self: HealthcheckConfig, context: Context) -> bool:
    """Whether the command runs in a shell."""
    return self.shell


@HEALTHCHECK.field()
async def interval(self: HealthcheckConfig, context: Context) -> str:
    """Interval between running healthcheck."""
    return self.interval


@HEALTHCHECK.field()
async def timeout(self: HealthcheckConfig, context: Context) -> str:
    """Healthcheck timeout."""
    return self.timeout


@HEALTHCHECK.field()
async def start_period(self: HealthcheckConfig, context: Context) -> str:
    """Time in which failures do not count."""
    return self.start_period


@HEALTHCHECK.field()
async def start_interval(self: HealthcheckConfig, context: Context) -> str:
    """Interval between checks in the start period."""
    return self.start_interval


@HEALTHCHECK.field()
async def retries(self: HealthcheckConfig, context: Context) -> int:
    """Consecutive failures before the container counts as unhealthy."""
    return self.retries
