"""What containers send to outside of their network: counted by address, and dropped where it comes from a cut segment.

The hub's own nft table does both, whatever routes a container makes: containers of a cut segment have no route out, and
this is for one that adds some. The hub passes only answers to the engine's own connections on to itself. Counted is the
address that a packet says it comes from: a container with the right to forge it can spoil its own count.

The kernel's counters are asked for by nfnetlink in 50 us; `nft` would take 10 ms. Messages and numbers:
include/uapi/linux/netfilter/{nfnetlink,nf_tables}.h.
"""

from __future__ import annotations

import errno
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

from portable_dagger.errors import NetworkError
from portable_dagger.runtime.conversation import Conversation, attribute, attributes, text
from portable_dagger.runtime.segment import CUT, OPEN

TABLE = "portable_dagger_traffic"
PASSED, DROPPED = "passed", "dropped"
RULES = f"""
table inet {TABLE} {{
    set {PASSED} {{ type ipv4_addr; size 65536; flags dynamic; counter; }}
    set {DROPPED} {{ type ipv4_addr; size 65536; flags dynamic; counter; }}
    chain refuse {{
        update @{DROPPED} {{ ip saddr }}
        drop
    }}
    chain forward {{
        type filter hook forward priority filter + 10; policy accept;
        iifname "{CUT}*" jump refuse
        iifname "{OPEN}*" update @{PASSED} {{ ip saddr }}
    }}
    chain input {{
        type filter hook input priority filter; policy accept;
        iifname "{CUT}*" tcp flags & (ack | rst) != 0 accept
        iifname "{CUT}*" jump refuse
    }}
}}
"""
"""Counting is a rule of its own: one that cannot note an address any more goes no further, and would not drop."""

NETLINK_NETFILTER = 12
GET_ELEMENT = 10 << 8 | 13  # NFNL_SUBSYS_NFTABLES, NFT_MSG_GETSETELEM
FAMILY = struct.pack("=BBH", 1, 0, 0)  # struct nfgenmsg: NFPROTO_INET, NFNETLINK_V0
LIST_TABLE, LIST_SET, LIST_ELEMENTS, LIST_ELEMENT = 1, 2, 3, 1
ELEMENT_KEY, ELEMENT_EXPRESSION, DATA_VALUE, EXPRESSION_DATA, COUNTER_PACKETS = 1, 7, 1, 2, 2


@dataclass(frozen=True, slots=True)
class Traffic:
    """Packets that a container sent to outside: those that went there, and those that were dropped on the way."""

    passed: int = 0
    dropped: int = 0

    def since(self, before: Traffic) -> Traffic:
        """Return what was added."""
        return Traffic(self.passed - before.passed, self.dropped - before.dropped)


class Counters(Conversation):
    """The counters of RULES, in the network namespace of the thread that opens them."""

    def __init__(self) -> None:
        super().__init__(NETLINK_NETFILTER)

    def of(self, address: str) -> Traffic:
        """Return what came from an address so far; NetworkError when the kernel does not say."""
        key = IPv4Address(address).packed
        return Traffic(self._packets(PASSED, key), self._packets(DROPPED, key))

    def _packets(self, name: str, key: bytes) -> int:
        wanted = attribute(ELEMENT_KEY, attribute(DATA_VALUE, key))
        body = FAMILY + text(LIST_TABLE, TABLE) + text(LIST_SET, name)
        body += attribute(LIST_ELEMENTS, attribute(LIST_ELEMENT, wanted))
        try:
            answer, *_ = self.ask(GET_ELEMENT, 0, body)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return 0  # nothing came from there yet
            raise NetworkError(f"the kernel does not say what was {name}: {error}") from error
        listed = attributes(answer[len(FAMILY) :])[LIST_ELEMENTS]
        element = attributes(attributes(listed)[LIST_ELEMENT])
        counter = attributes(attributes(element[ELEMENT_EXPRESSION])[EXPRESSION_DATA])
        return int.from_bytes(counter[COUNTER_PACKETS], "big")
