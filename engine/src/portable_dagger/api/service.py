"""The Service type."""

from __future__ import annotations

import dataclasses

from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.api.types import EMPTY, Identifier, input_type
from portable_dagger.errors import QueryError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import NetworkProtocol, Port, PortPair, Service
from portable_dagger.ops.terminal import open_in_service

SERVICE = ObjectType(
    "Service",
    "A content-addressed service providing TCP connectivity.",
    interfaces=("Node", "Syncer"),
)


@input_type
@dataclasses.dataclass(frozen=True)
class PortForward:
    """Port forwarding rules for tunneling network traffic."""

    backend: int
    frontend: int | None = None
    protocol: NetworkProtocol = NetworkProtocol.TCP

    def pair(self) -> PortPair:
        """Return the rule as a value."""
        return PortPair(self.frontend, self.backend, self.protocol)


@SERVICE.field()
async def hostname(self: Service, context: Context) -> str:
    """The name under which the service is reached."""
    if self.tunnel is not None:
        return context.session.tunnels.find(self).address
    return self.hostname


@SERVICE.field()
async def with_hostname(self: Service, context: Context, *, hostname: str) -> Service:
    """Give the service a name of its own."""
    assert context.recipe is not None
    return dataclasses.replace(self, hostname=hostname, identity=context.recipe.digest)


@SERVICE.field()
async def ports(self: Service, context: Context) -> list[Port]:
    """The ports that the service provides."""
    if self.tunnel is not None:
        pairs = context.session.tunnels.find(self).ports
        return [Port(number, pair.protocol) for number, pair in pairs]
    return list(self.exposed)


@SERVICE.field()
async def endpoint(
    self: Service, context: Context, *, port: int | None = None, scheme: str = ""
) -> str:
    """Return host:port, or a URL with a scheme; the first exposed port by default."""
    if self.tunnel is not None:
        tunnel = context.session.tunnels.find(self)
        host, number = tunnel.address, port or tunnel.ports[0][0]
    else:
        exposed = self.exposed
        if port is None and not exposed:
            raise QueryError(
                "no ports exposed", "expose one with withExposedPort, or name the port"
            )
        host, number = self.hostname, port or exposed[0].port
    return f"{scheme}://{host}:{number}" if scheme else f"{host}:{number}"


async def _start(service: Service, context: Context) -> None:
    if service.tunnel is not None:
        await context.session.tunnels.start(service, context)
    else:
        await context.session.services.start(service, context)


@SERVICE.field()
async def start(self: Service, context: Context) -> Identifier:
    """Start the service and wait until it is healthy; it runs until the session ends or `stop`."""
    await _start(self, context)
    return _id(self, context)


@SERVICE.field()
async def stop(self: Service, context: Context, *, kill: bool = False) -> Identifier:
    """Stop the service."""
    if self.tunnel is not None:
        await context.session.tunnels.stop(self)
    else:
        await context.session.services.stop(self, kill=kill)
    return _id(self, context)


def _id(service: Service, context: Context) -> Identifier:
    assert context.receiver is not None
    return Identifier(context.engine.evaluator.intern(context.receiver).id)


@SERVICE.field()
async def sync(self: Service, context: Context) -> Identifier:
    """Force evaluation; answers the service's ID."""
    raise AssertionError  # answered by the executor


@SERVICE.field()
async def up(
    self: Service,
    context: Context,
    *,
    ports: list[PortForward] = EMPTY,
    random: bool = False,
) -> None:
    """Make the service reachable from the host until the caller goes away."""
    await context.session.tunnels.up(self, [p.pair() for p in ports], context, random=random)


@SERVICE.field(scope=Scope.CALL)
async def terminal(self: Service, context: Context, *, cmd: list[str] = EMPTY) -> Service:
    """Open an interactive terminal in the running service; answers the service."""
    await open_in_service(self, context, cmd)
    return self
