"""The middle of the containers' network: a network namespace with a bridge for each segment, and a link to the outside.

Everything here takes effect before it returns, in threads that live in the namespace for as long as that takes.
"""

from __future__ import annotations

import dataclasses
import os
import socket
import threading
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.errors import NetworkError
from portable_dagger.runtime import linux, resolver, rootless, traffic, uplink
from portable_dagger.runtime.netlink import LOCAL_HARDWARE, Netlink
from portable_dagger.runtime.slot import Slot

if TYPE_CHECKING:
    from portable_dagger.runtime.segment import Segment
    from portable_dagger.runtime.traffic import Traffic

ANYWHERE = IPv4Network("0.0.0.0/0")
# Where the kernel passes bridged packets on to the rules for routed ones, they would count as sent to outside.
BRIDGED = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")


class Hub:
    """The hub of one engine's network; `descriptor` keeps its namespace."""

    def __init__(self) -> None:
        """Make it, with its link to the outside; raises NetworkError."""
        self.descriptor = linux.new_network()
        self._bridges: set[str] = set()
        self._bridging = threading.Lock()
        # All bridges have it: a slot that changes bridges knows the gateway already.
        self._hardware = LOCAL_HARDWARE + os.urandom(5)
        kind = uplink.Uplink if linux.is_root_of_machine() else rootless.Uplink
        self._uplink: uplink.Uplink | rootless.Uplink = kind.open(self.descriptor)
        self.addresses = self._uplink.addresses
        self._resolver = self._uplink.resolver or resolver.resolver_text()
        try:
            self._counters = linux.in_network(self.descriptor, self._furnish)
            self._uplink.reach()
        except BaseException:
            self._uplink.close()
            os.close(self.descriptor)
            raise

    @property
    def reached_from_host(self) -> bool:
        """Whether other programs of the host reach containers by their addresses."""
        return isinstance(self._uplink, uplink.Uplink)

    def close(self) -> None:
        """Remove everything."""
        self._counters.close()
        os.close(self.descriptor)
        self._uplink.close()

    def socket(self) -> socket.socket:
        """Return a TCP socket in the hub."""
        return linux.in_network(self.descriptor, lambda: socket.socket(socket.AF_INET))

    def sent(self, slot: Slot) -> Traffic:
        """Return what came from a slot's address to outside, from the first moment on; raises NetworkError."""
        return self._counters.of(slot.address)

    def make(self, number: int, segment: Segment) -> Slot:
        """Return a new slot on a segment; raises NetworkError."""
        # 0 is the network's, 1 the hub's, the last one the broadcast address.
        network = self.addresses.containers
        address = network[2 + (number - 1) % (network.num_addresses - 3)]
        interface = IPv4Interface((address, network.prefixlen))
        descriptor = linux.new_network()
        name = f"slot{number}"

        def connect() -> None:
            with Netlink() as netlink:
                netlink.add_pair(name, self._uplink.mtu, "eth0", descriptor)
            self._connect(name, str(address), segment)

        def furnish() -> None:
            with Netlink() as netlink:
                netlink.up("lo")
                netlink.address("eth0", interface)
                netlink.up("eth0")
                if not segment.cut:
                    netlink.route(ANYWHERE, self.addresses.gateway.ip)

        try:
            linux.in_network(self.descriptor, connect)
            linux.in_network(descriptor, furnish)
        except OSError as error:
            os.close(descriptor)
            raise NetworkError(f"cannot make network slot {number}: {error}") from error
        path = f"/proc/{os.getpid()}/fd/{descriptor}"
        return Slot(name, path, str(address), self._resolver_of(segment), descriptor)

    def move(self, slot: Slot, old: Segment, new: Segment) -> Slot:
        """Return a slot of another segment as one of this segment; raises NetworkError."""

        def turn() -> None:
            with Netlink() as netlink:
                change = netlink.unroute if new.cut else netlink.route
                change(ANYWHERE, self.addresses.gateway.ip)

        try:
            if old.cut is not new.cut:
                linux.in_network(slot.descriptor, turn)
            linux.in_network(self.descriptor, lambda: self._connect(slot.name, slot.address, new))
        except OSError as error:
            raise NetworkError(f"cannot move network slot {slot.name}: {error}") from error
        return dataclasses.replace(slot, resolver=self._resolver_of(new))

    def _furnish(self) -> traffic.Counters:
        with Netlink() as netlink:
            netlink.up("lo")
            self._uplink.furnish(netlink)
            netlink.keep_apart(self.addresses.containers)
        if BRIDGED.exists():
            BRIDGED.write_text("0")
        uplink.nft(traffic.RULES)
        uplink.FORWARDING.write_text("1")
        return traffic.Counters()

    def _resolver_of(self, segment: Segment) -> str:
        return resolver.NONE if segment.cut else self._resolver

    def _connect(self, name: str, address: str, segment: Segment) -> None:
        """Join a slot's link to a segment's bridge, which is made if need be; in the hub."""
        with self._bridging, Netlink() as netlink:
            if segment.name not in self._bridges:
                netlink.add_bridge(segment.name, self._uplink.mtu, self._hardware)
                netlink.address(segment.name, IPv4Interface(self.addresses.gateway.ip))
                netlink.up(segment.name)
                self._bridges.add(segment.name)
            netlink.join(name, segment.name)
            netlink.up(name)
            netlink.direct(IPv4Network(address), segment.name)
