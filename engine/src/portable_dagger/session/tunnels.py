"""Tunnels between the host and services: listeners on the host's loopback that lead into containers."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portable_dagger.errors import EngineError, ServiceError
from portable_dagger.graph.values import NetworkProtocol, PortPair, Service

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.session.forwarding import Forwarder
    from portable_dagger.session.session import Session

LOOPBACK = "127.0.0.1"


@dataclass(slots=True)
class Open:
    """A tunnel that listens: its forwarders, and the host's port of each forwarded one."""

    address: str
    ports: list[tuple[int, PortPair]]
    forwarders: list[Forwarder]


class Tunnels:
    """The open tunnels of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._open: dict[str, Open] = {}
        session.on_close(self.close)

    def find(self, service: Service) -> Open:
        """Return an open tunnel; ServiceError when it is not open."""
        try:
            return self._open[service.identity]
        except KeyError:
            raise ServiceError(
                f"service {service.hostname} is not running", "start the tunnel first"
            ) from None

    async def start(self, service: Service, context: Context) -> None:
        """Open a tunnel; the service behind it is started."""
        if service.identity in self._open:
            return
        assert service.tunnel is not None
        inner = service.tunnel.service
        pairs = list(service.tunnel.ports)
        if service.tunnel.native or not pairs:
            frontend = service.tunnel.native
            pairs += [
                PortPair(p.port if frontend else None, p.port, p.protocol) for p in inner.exposed
            ]
        self._open[service.identity] = await self._listen(inner, pairs, context)

    async def stop(self, service: Service) -> None:
        """Close a tunnel."""
        opened = self._open.pop(service.identity, None)
        if opened is not None:
            await _close(opened)

    async def close(self) -> None:
        """Close every tunnel."""
        opened, self._open = list(self._open.values()), {}
        for one in opened:
            await _close(one)

    async def up(
        self, service: Service, ports: list[PortPair], context: Context, *, random: bool
    ) -> None:
        """Forward host ports to a service until the caller goes away."""
        pairs = ports or [
            PortPair(None if random else p.port, p.port, p.protocol) for p in service.exposed
        ]
        opened = await self._listen(service, pairs, context)
        try:
            shown = ", ".join(f"{LOOPBACK}:{number} -> {p.backend}" for number, p in opened.ports)
            with self._session.progress.span("service", f"up {shown}"):
                running = context.session.services.find(service)
                await asyncio.wait([running.ended])
        finally:
            await _close(opened)

    async def _listen(self, service: Service, pairs: list[PortPair], context: Context) -> Open:
        if not pairs:
            raise ServiceError(
                f"service {service.hostname} exposes no ports", "expose one with withExposedPort"
            )
        running = await context.session.services.start(service, context)
        opened = Open(LOOPBACK, [], [])
        for pair in pairs:
            if pair.protocol is not NetworkProtocol.TCP:
                await _close(opened)
                raise EngineError(f"port {pair.backend}/udp cannot be forwarded: only TCP can")
            try:
                listener = socket.create_server((LOOPBACK, pair.frontend or 0))
            except OSError as error:
                await _close(opened)
                raise ServiceError(
                    f"port {pair.frontend} of the host: {error.strerror}", "choose another one"
                ) from error
            opened.forwarders.append(
                await running.forward(listener, pair.backend, self._session.progress.warning)
            )
            opened.ports.append((listener.getsockname()[1], pair))
        return opened


async def _close(opened: Open) -> None:
    for forwarder in opened.forwarders:
        await forwarder.close()
