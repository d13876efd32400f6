"""The containers' network: a hub with a bridge, and slots, each a network namespace with one address on it.

    container (slot)  eth0 --- slotN  bridge (hub)  uplink --- pdaggerN  host  --- NAT --- outside

The engine itself stays in the host's network: proxies, resolvers and registries on the host's loopback work as ever,
and it reaches containers by a route. Hub and slots live as long as the engine's descriptors, so its end, however it
comes, takes all links with it; nft's table on the host is what the launcher removes (uplink.py). IPv4 only.
"""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

from portable_dagger.errors import NetworkError
from portable_dagger.runtime import linux, uplink
from portable_dagger.runtime.netlink import Netlink
from portable_dagger.runtime.resolver import resolver_text

BRIDGE = "bridge"
READY = 4
"""Slots that are made ahead of their use."""
KEPT = 32
"""Slots that are kept for another use."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A container's place in the network.

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
        return _listening(self.descriptor, "127.0.0.1", port)

    def listen_outside(self, port: int) -> socket.socket:
        """Return a socket that listens on the slot's address, for other containers to reach."""
        return _listening(self.descriptor, self.address, port)

    def idle(self) -> bool:
        """Say whether no socket is left in it, not even one that lingers and keeps its port."""
        return linux.in_network(self.descriptor, _without_sockets)


class Network:
    """The network of one engine."""

    def __init__(self) -> None:
        self._uplink: uplink.Uplink | None = None
        self._hub = -1
        self._made = 0
        self._ready: list[Slot] = []
        self._making: set[asyncio.Task[None]] = set()
        self._resolver = ""
        self._closed = False

    @property
    def gateway(self) -> str:
        """The hub's address, which containers can reach."""
        return str(self._addresses.gateway.ip)

    async def open(self) -> None:
        """Make the hub and its link to the host; raises NetworkError."""
        await asyncio.to_thread(self._open)
        self._make_ready()

    async def close(self) -> None:
        """Remove everything."""
        self._closed = True
        if self._making:
            await asyncio.wait(self._making)
        for slot in self._ready:
            os.close(slot.descriptor)
        self._ready.clear()
        if self._hub >= 0:
            os.close(self._hub)
            self._hub = -1
        if self._uplink:
            await asyncio.to_thread(self._uplink.close)
            self._uplink = None

    async def acquire(self) -> Slot:
        """Return a slot that nobody else uses."""
        if self._ready:
            slot = self._ready.pop()
            self._make_ready()
            return slot
        making = asyncio.ensure_future(asyncio.to_thread(self._make_slot))
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(self._unwanted)
            raise

    async def release(self, slot: Slot, *, reuse: bool = True) -> None:
        """Take a slot back; `reuse=False` when its container could change the network's settings."""
        keep = reuse and not self._closed and len(self._ready) < KEPT
        if keep and await asyncio.to_thread(slot.idle):
            self._ready.append(slot)
        else:
            os.close(slot.descriptor)

    def listen(self, port: int = 0) -> socket.socket:
        """Return a socket that listens on the hub's address, for containers to reach the host through it."""
        return _listening(self._hub, self.gateway, port)

    @property
    def _addresses(self) -> uplink.Addresses:
        if self._uplink is None:
            raise NetworkError("the containers' network is not open")
        return self._uplink.addresses

    def _open(self) -> None:
        self._resolver = resolver_text()
        self._hub = linux.new_network()
        self._uplink = uplink.Uplink.open(self._hub)
        linux.in_network(self._hub, self._furnish_hub)
        uplink.route_to_containers(self._addresses)

    def _furnish_hub(self) -> None:
        assert self._uplink is not None
        with Netlink() as netlink:
            netlink.up("lo")
            netlink.add_bridge(BRIDGE, self._uplink.mtu)
            netlink.address(BRIDGE, self._addresses.gateway)
            netlink.up(BRIDGE)
            netlink.address("uplink", self._addresses.hub_end)
            netlink.up("uplink")
            netlink.route(IPv4Network("0.0.0.0/0"), self._addresses.host_end.ip)
        uplink.FORWARDING.write_text("1")

    def _make_ready(self) -> None:
        """Make slots ahead, in the background."""
        if self._closed or self._making or len(self._ready) >= READY:
            return
        task = asyncio.ensure_future(self._make_one_ready())
        self._making.add(task)
        task.add_done_callback(self._one_made)

    async def _make_one_ready(self) -> None:
        self._ready.append(await asyncio.to_thread(self._make_slot))

    def _unwanted(self, making: asyncio.Future[Slot]) -> None:
        if not making.cancelled() and making.exception() is None:
            self._ready.append(making.result())

    def _one_made(self, task: asyncio.Task[None]) -> None:
        self._making.discard(task)
        if not task.cancelled() and task.exception() is None:
            self._make_ready()

    def _make_slot(self) -> Slot:
        self._made += 1
        number = self._made
        # 0 is the network's, 1 the hub's, the last one the broadcast address.
        network = self._addresses.containers
        address = network[2 + (number - 1) % (network.num_addresses - 3)]
        interface = IPv4Interface((address, network.prefixlen))
        descriptor = linux.new_network()
        assert self._uplink is not None
        mtu = self._uplink.mtu

        def connect() -> None:
            with Netlink() as netlink:
                name = f"slot{number}"
                netlink.add_pair(name, mtu, "eth0", descriptor, BRIDGE)
                netlink.up(name)

        def furnish() -> None:
            with Netlink() as netlink:
                netlink.up("lo")
                netlink.address("eth0", interface)
                netlink.up("eth0")
                netlink.route(IPv4Network("0.0.0.0/0"), self._addresses.gateway.ip)

        try:
            linux.in_network(self._hub, connect)
            linux.in_network(descriptor, furnish)
        except OSError as error:
            os.close(descriptor)
            raise NetworkError(f"cannot make network slot {number}: {error}") from error
        path = f"/proc/{os.getpid()}/fd/{descriptor}"
        return Slot(f"slot{number}", path, str(address), self._resolver, descriptor)


def _listening(network: int, address: str, port: int) -> socket.socket:
    def listen() -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(128)
        made.setblocking(False)  # noqa: FBT003  the only way to say it
        return made

    return linux.in_network(network, listen)


def _without_sockets() -> bool:
    return all(
        len(Path("/proc/thread-self/net", name).read_text().splitlines()) <= 1
        for name in ("tcp", "tcp6", "udp", "udp6")
    )
