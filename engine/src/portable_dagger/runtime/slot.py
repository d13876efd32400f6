"""A container's place in the network: a network namespace with one address, made ahead and used again."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path

from portable_dagger.runtime import linux


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that one container has at a time.

    name: of the link that leads to it, in the hub.
    path: of its network namespace, for as long as the engine lives.
    resolver: the text of its resolv.conf.
    """

    name: str
    path: str
    address: str
    resolver: str
    descriptor: int = field(repr=False)

    def listen(self, port: int = 0) -> socket.socket:
        """Return a socket that listens on the container's own 127.0.0.1."""
        return self._listening("127.0.0.1", port)

    def listen_outside(self, port: int) -> socket.socket:
        """Return a socket that listens on the slot's address, for other containers of its segment to reach."""
        return self._listening(self.address, port)

    def idle(self) -> bool:
        """Say whether no socket is left in it, not even one that lingers and keeps its port."""
        return linux.in_network(self.descriptor, _without_sockets)

    def _listening(self, address: str, port: int) -> socket.socket:
        def listen() -> socket.socket:
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((address, port))
            made.listen(128)
            made.setblocking(False)  # noqa: FBT003  the only way to say it
            return made

        return linux.in_network(self.descriptor, listen)


def _without_sockets() -> bool:
    return all(
        len(Path("/proc/thread-self/net", name).read_text().splitlines()) <= 1
        for name in ("tcp", "tcp6", "udp", "udp6")
    )
