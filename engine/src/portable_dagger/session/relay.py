"""Ports of the host as a service: listeners in a place of its own on the containers' network, that lead to the host.

    container -> slot's address:frontend -> engine, in the host's network -> host:backend

Nothing but these ports is passed on, and two sessions may use the same ones.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from portable_dagger.errors import ServiceError
from portable_dagger.session.forwarding import Forwarder

if TYPE_CHECKING:
    from portable_dagger.graph.values import HostPorts
    from portable_dagger.runtime.slot import Slot
    from portable_dagger.session.forwarding import Report


class Relay:
    """The open ports of one service of the host; it is waited for and ended like a container's process."""

    def __init__(self) -> None:
        self._forwarders: list[Forwarder] = []
        self._stopped = asyncio.Event()

    @classmethod
    async def open(cls, slot: Slot, ports: HostPorts, report: Report) -> Relay:
        """Listen on the slot's address; ServiceError when a port is named twice. `report`: see Forwarder."""
        made = cls()
        for pair in ports.ports:
            frontend = pair.frontend or pair.backend
            try:
                listener = slot.listen_outside(frontend)
            except OSError as error:
                await made.kill()
                raise ServiceError(
                    f"port {frontend} of a service of the host: {error.strerror}",
                    "give each of its ports another frontend",
                ) from error
            dial = partial(asyncio.open_connection, ports.host, pair.backend)
            forwarder = await Forwarder.open(listener, f"{ports.host}:{pair.backend}", dial, report)
            made._forwarders.append(forwarder)
        return made

    async def wait(self) -> int:
        """Wait until it is stopped; it never ends by itself."""
        await self._stopped.wait()
        return 0

    async def signal(self, number: int) -> None:  # noqa: ARG002  as a process has it
        """End it: any signal does."""
        await self.kill()

    async def kill(self) -> None:
        """Close the ports and what is connected."""
        for forwarder in self._forwarders:
            await forwarder.close()
        self._stopped.set()
