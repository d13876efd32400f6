"""Network links, addresses and routes over rtnetlink, in the network namespace of the calling thread.

Messages and numbers: rtnetlink(7), include/uapi/linux/{rtnetlink,if_link,if_addr}.h. `ip` would do the same in 17 ms
per container, this in one.
"""

from __future__ import annotations

import socket
import struct
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from portable_dagger.runtime.conversation import (
    NLM_F_DUMP,
    Conversation,
    attribute,
    attributes,
    number,
    text,
)

NLM_F_NEW = 0x600  # NLM_F_CREATE | NLM_F_EXCL
NLM_F_CHANGE = 0x500  # NLM_F_CREATE | NLM_F_REPLACE
RTM_NEWLINK, RTM_DELLINK, RTM_SETLINK = 16, 17, 19
RTM_NEWADDR, RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE, RTM_NEWRULE = 20, 24, 25, 26, 32
# A locally administered unicast address begins so (IEEE 802).
LOCAL_HARDWARE = b"\x02"
IFLA_ADDRESS = 1
IFLA_IFNAME, IFLA_MTU, IFLA_MASTER, IFLA_LINKINFO, IFLA_NET_NS_FD = 3, 4, 10, 18, 28
IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER = 1, 2, 1
IFA_ADDRESS, IFA_LOCAL = 1, 2
RTA_DST, RTA_OIF, RTA_GATEWAY = 1, 4, 5
RT_TABLE_MAIN, RTPROT_BOOT, RTN_UNICAST, RT_SCOPE_LINK = 254, 3, 1, 253
FRA_DST, FRA_SRC, FRA_IIFNAME, FRA_PRIORITY, FR_ACT_TO_TBL, FR_ACT_BLACKHOLE = 1, 2, 3, 6, 1, 6
IFF_UP = 1
LINK = struct.Struct("=BxHiII")
ADDRESS = struct.Struct("=BBBBI")
ROUTE = struct.Struct("=BBBBBBBBI")
RULE = struct.Struct("=BBBBBxxBI")  # struct fib_rule_hdr (fib_rules.h)


class Netlink(Conversation):
    """A connection to the kernel's routing; methods raise OSError with the kernel's number."""

    def __init__(self) -> None:
        super().__init__(socket.NETLINK_ROUTE)

    def add_bridge(self, name: str, mtu: int, hardware: bytes) -> None:
        """Create a bridge with a hardware address (6 bytes).

        Without one it takes the lowest of its ports', and changes it as ports come and go: whoever has learnt the old
        one then sends into the void until its entry expires, half a minute later.
        """
        info = attribute(IFLA_INFO_KIND, b"bridge")
        body = _link() + text(IFLA_IFNAME, name) + number(IFLA_MTU, mtu)
        body += attribute(IFLA_ADDRESS, hardware)
        self.ask(RTM_NEWLINK, NLM_F_NEW, body + attribute(IFLA_LINKINFO, info))

    def add_pair(self, name: str, mtu: int, peer: str, peer_network: int) -> None:
        """Create a veth pair: `name` here, `peer` in the network namespace of a descriptor."""
        other = _link() + text(IFLA_IFNAME, peer) + number(IFLA_MTU, mtu)
        other += number(IFLA_NET_NS_FD, peer_network)
        data = attribute(VETH_INFO_PEER, other)
        info = attribute(IFLA_INFO_KIND, b"veth") + attribute(IFLA_INFO_DATA, data)
        body = _link() + text(IFLA_IFNAME, name) + number(IFLA_MTU, mtu)
        self.ask(RTM_NEWLINK, NLM_F_NEW, body + attribute(IFLA_LINKINFO, info))

    def join(self, name: str, bridge: str) -> None:
        """Make a link a port of a bridge, of which it was no port or another's."""
        master = number(IFLA_MASTER, socket.if_nametoindex(bridge))
        self.ask(RTM_SETLINK, 0, _link(socket.if_nametoindex(name)) + master)

    def delete(self, name: str) -> None:
        """Delete a link, and its peer."""
        self.ask(RTM_DELLINK, 0, _link(socket.if_nametoindex(name)))

    def up(self, name: str) -> None:
        """Switch a link on."""
        self.ask(RTM_SETLINK, 0, _link(socket.if_nametoindex(name), IFF_UP, IFF_UP))

    def address(self, name: str, interface: IPv4Interface) -> None:
        """Give a link an address."""
        header = ADDRESS.pack(
            socket.AF_INET, interface.network.prefixlen, 0, 0, socket.if_nametoindex(name)
        )
        packed = interface.ip.packed
        body = header + attribute(IFA_LOCAL, packed) + attribute(IFA_ADDRESS, packed)
        self.ask(RTM_NEWADDR, NLM_F_NEW, body)

    def route(self, network: IPv4Network, gateway: IPv4Address) -> None:
        """Send what goes to `network` by way of `gateway`."""
        self.ask(RTM_NEWROUTE, NLM_F_NEW, _route(network, gateway))

    def unroute(self, network: IPv4Network, gateway: IPv4Address) -> None:
        """Send what goes to `network` no longer by way of `gateway`."""
        self.ask(RTM_DELROUTE, 0, _route(network, gateway))

    def direct(self, network: IPv4Network, name: str) -> None:
        """Send what goes to `network` straight into a link, instead of where it went before."""
        kinds = (RT_TABLE_MAIN, RTPROT_BOOT, RT_SCOPE_LINK, RTN_UNICAST)
        header = ROUTE.pack(socket.AF_INET, network.prefixlen, 0, 0, *kinds, 0)
        body = header + attribute(RTA_DST, network.network_address.packed)
        body += number(RTA_OIF, socket.if_nametoindex(name))
        self.ask(RTM_NEWROUTE, NLM_F_CHANGE, body)

    def keep_apart(self, network: IPv4Network) -> None:
        """Pass on nothing from within `network` to within `network`; what is sent from here goes on as ever."""
        own = text(FRA_IIFNAME, "lo") + number(FRA_PRIORITY, 1)
        header = RULE.pack(socket.AF_INET, 0, 0, 0, RT_TABLE_MAIN, FR_ACT_TO_TBL, 0)
        self.ask(RTM_NEWRULE, NLM_F_NEW, header + own)
        packed, length = network.network_address.packed, network.prefixlen
        between = attribute(FRA_DST, packed) + attribute(FRA_SRC, packed)
        header = RULE.pack(socket.AF_INET, length, length, 0, 0, FR_ACT_BLACKHOLE, 0)
        self.ask(RTM_NEWRULE, NLM_F_NEW, header + between + number(FRA_PRIORITY, 2))

    def routes(self) -> list[tuple[IPv4Network, int]]:
        """Return the networks that have a route, with the index of the link they use (0: none)."""
        header = ROUTE.pack(socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0)
        found = []
        for message in self.ask(RTM_GETROUTE, NLM_F_DUMP, header):
            length, table = message[1], message[4]
            route = attributes(message[ROUTE.size :])
            if table == RT_TABLE_MAIN:
                target = IPv4Address(route.get(RTA_DST, b"\0\0\0\0"))
                index = struct.unpack("=I", route.get(RTA_OIF, b"\0\0\0\0"))[0]
                found.append((IPv4Network((target, length)), index))
        return found


def _link(index: int = 0, flags: int = 0, change: int = 0) -> bytes:
    return LINK.pack(socket.AF_UNSPEC, 0, index, flags, change)


def _route(network: IPv4Network, gateway: IPv4Address) -> bytes:
    kinds = (RT_TABLE_MAIN, RTPROT_BOOT, 0, RTN_UNICAST)
    header = ROUTE.pack(socket.AF_INET, network.prefixlen, 0, 0, *kinds, 0)
    body = header + attribute(RTA_GATEWAY, gateway.packed)
    if network.prefixlen:
        body += attribute(RTA_DST, network.network_address.packed)
    return body
