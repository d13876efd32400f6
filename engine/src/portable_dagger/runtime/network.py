"""The containers' network: a hub with a bridge for each session, and slots, network namespaces with one address each.

    container (slot)  eth0 --- slotN  segmentM (hub)  uplink --- pdaggerN  host  --- NAT --- outside

Containers of one session reach each other, and none of another session: their bridges differ, and the hub passes
nothing from one to the other.

The engine itself stays in the host's network: proxies, resolvers and registries on the host's loopback work as ever,
and it reaches containers by a route. Hub and slots live as long as the engine's descriptors, so its end, however it
comes, takes all links with it; nft's table on the host is what the launcher removes (uplink.py). IPv4 only.
"""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from ipaddress import IPv4Interface, IPv4Network

from portable_dagger.errors import NetworkError
from portable_dagger.runtime import linux, rootless, uplink
from portable_dagger.runtime.netlink import LOCAL_HARDWARE, Netlink
from portable_dagger.runtime.resolver import resolver_text
from portable_dagger.runtime.segment import Segment, Segments
from portable_dagger.runtime.slot import Slot

READY = 4
"""Slots that are made ahead of their use."""
KEPT = 32
"""Slots that are kept for another use."""


class Network:
    """The network of one engine."""

    def __init__(self) -> None:
        self._uplink: uplink.Uplink | rootless.Uplink | None = None
        self._hub = -1
        self._made = 0
        self._ready: list[Slot] = []
        self._segments = Segments()
        self._bridges: set[str] = set()
        self._bridging = threading.Lock()
        self._placed: dict[str, Segment] = {}
        # All bridges have it: a slot that changes bridges knows the gateway already.
        self._hardware = LOCAL_HARDWARE + os.urandom(5)
        self._making: set[asyncio.Task[None]] = set()
        self._resolver = ""
        self._closed = False

    @property
    def gateway(self) -> str:
        """The hub's address, which containers can reach."""
        return str(self._addresses.gateway.ip)

    @property
    def containers(self) -> IPv4Network:
        """The network that all containers are in."""
        return self._addresses.containers

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

    async def acquire(self, owner: str) -> Slot:
        """Return a slot that nobody else uses, on the segment of its owner, a session."""
        segment = self._segments.join(owner)
        slot = self._pick(segment)
        self._make_ready()
        if slot and self._placed[slot.name] is segment:
            return slot
        placing = asyncio.ensure_future(asyncio.to_thread(self._placed_slot, slot, segment))
        try:
            return await asyncio.shield(placing)
        except asyncio.CancelledError:
            placing.add_done_callback(lambda done: self._unwanted(done, segment))
            raise
        except BaseException:
            self._segments.leave(segment)
            raise

    async def connect(
        self, address: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection to a container, from the hub; raises OSError."""
        made = linux.in_network(self._hub, lambda: socket.socket(socket.AF_INET))
        made.setblocking(False)  # noqa: FBT003  the only way to say it
        try:
            await asyncio.get_running_loop().sock_connect(made, (address, port))
        except BaseException:
            made.close()
            raise
        return await asyncio.open_connection(sock=made)

    @property
    def reached_from_host(self) -> bool:
        """Whether other programs of the host reach containers by their addresses."""
        return isinstance(self._uplink, uplink.Uplink)

    async def release(self, slot: Slot, *, reuse: bool = True) -> None:
        """Take a slot back; `reuse=False` when its container could change the network's settings."""
        keep = reuse and not self._closed and len(self._ready) < KEPT
        keep = keep and await asyncio.to_thread(slot.idle)
        self._segments.leave(self._placed[slot.name])
        if keep:
            self._ready.append(slot)
        else:
            self._discard(slot)

    @property
    def _addresses(self) -> uplink.Addresses:
        if self._uplink is None:
            raise NetworkError("the containers' network is not open")
        return self._uplink.addresses

    def _open(self) -> None:
        self._hub = linux.new_network()
        kind = uplink.Uplink if linux.is_root_of_machine() else rootless.Uplink
        self._uplink = kind.open(self._hub)
        self._resolver = self._uplink.resolver or resolver_text()
        linux.in_network(self._hub, self._furnish_hub)
        self._uplink.reach()

    def _furnish_hub(self) -> None:
        assert self._uplink is not None
        with Netlink() as netlink:
            netlink.up("lo")
            self._uplink.furnish(netlink)
            netlink.keep_apart(self._addresses.containers)
        uplink.FORWARDING.write_text("1")

    def _make_ready(self) -> None:
        """Make slots ahead, in the background."""
        if self._closed or self._making or len(self._ready) >= READY:
            return
        task = asyncio.ensure_future(self._make_one_ready())
        self._making.add(task)
        task.add_done_callback(self._one_made)

    async def _make_one_ready(self) -> None:
        self._ready.append(await asyncio.to_thread(self._make_slot, self._segments.latest))

    def _pick(self, segment: Segment) -> Slot | None:
        """Take a slot out of those that are ready, one that is on the segment already if there is one."""
        fitting = [slot for slot in self._ready if self._placed[slot.name] is segment]
        slot = next(reversed(fitting or self._ready), None)
        if slot:
            self._ready.remove(slot)
        return slot

    def _unwanted(self, placing: asyncio.Future[Slot], segment: Segment) -> None:
        self._segments.leave(segment)
        if not placing.cancelled() and placing.exception() is None:
            self._ready.append(placing.result())

    def _discard(self, slot: Slot) -> None:
        del self._placed[slot.name]
        os.close(slot.descriptor)

    def _one_made(self, task: asyncio.Task[None]) -> None:
        self._making.discard(task)
        if not task.cancelled() and task.exception() is None:
            self._make_ready()

    def _placed_slot(self, slot: Slot | None, segment: Segment) -> Slot:
        """Move a slot, or a new one for None, to a segment."""
        if slot is None:
            return self._make_slot(segment)
        try:
            linux.in_network(self._hub, lambda: self._connect(slot.name, slot.address, segment))
        except OSError as error:
            self._discard(slot)
            raise NetworkError(f"cannot move network slot {slot.name}: {error}") from error
        self._placed[slot.name] = segment
        return slot

    def _make_slot(self, segment: Segment) -> Slot:
        self._made += 1
        number = self._made
        # 0 is the network's, 1 the hub's, the last one the broadcast address.
        network = self._addresses.containers
        address = network[2 + (number - 1) % (network.num_addresses - 3)]
        interface = IPv4Interface((address, network.prefixlen))
        descriptor = linux.new_network()
        name = f"slot{number}"
        assert self._uplink is not None
        mtu = self._uplink.mtu

        def connect() -> None:
            with Netlink() as netlink:
                netlink.add_pair(name, mtu, "eth0", descriptor)
            self._connect(name, str(address), segment)

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
        self._placed[name] = segment
        return Slot(name, path, str(address), self._resolver, descriptor)

    def _connect(self, name: str, address: str, segment: Segment) -> None:
        """Join a slot's link to a segment's bridge, which is made if need be; in the hub."""
        assert self._uplink is not None
        with self._bridging, Netlink() as netlink:
            if segment.name not in self._bridges:
                netlink.add_bridge(segment.name, self._uplink.mtu, self._hardware)
                netlink.address(segment.name, IPv4Interface(self._addresses.gateway.ip))
                netlink.up(segment.name)
                self._bridges.add(segment.name)
            netlink.join(name, segment.name)
            netlink.up(name)
            netlink.direct(IPv4Network(address), segment.name)
