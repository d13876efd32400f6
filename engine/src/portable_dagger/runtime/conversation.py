"""A conversation with the kernel over netlink: requests and their answers, and the attributes that they are made of.

See netlink(7), include/uapi/linux/netlink.h.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import Self

NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 0x1, 0x4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLA_TYPE_MASK = 0x3FFF
"""Without the flags that say how the value is made."""
HEADER = struct.Struct("=IHHII")


class Conversation:
    """A connection to one of the kernel's families, in the network namespace of the thread that opens it."""

    def __init__(self, family: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, family)
        self._sequence = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it."""
        self._socket.close()

    def ask(self, kind: int, flags: int, body: bytes) -> list[bytes]:
        """Send a request and return the bodies of its answers; OSError with the kernel's number when it refuses."""
        self._sequence += 1
        flags |= NLM_F_REQUEST | (0 if flags == NLM_F_DUMP else NLM_F_ACK)
        header = HEADER.pack(HEADER.size + len(body), kind, flags, self._sequence, 0)
        self._socket.send(header + body)
        answers: list[bytes] = []
        while True:
            data = self._socket.recv(1 << 17)
            while data:
                length, kind, *_ = HEADER.unpack_from(data)
                content = data[HEADER.size : length]
                if kind == NLMSG_ERROR:
                    refused = -struct.unpack_from("=i", content)[0]
                    if refused:
                        raise OSError(refused, os.strerror(refused))
                    return answers
                if kind == NLMSG_DONE:
                    return answers
                answers.append(content)
                data = data[aligned(length) :]


def aligned(length: int) -> int:
    """Return the next multiple of four, where what follows begins."""
    return (length + 3) & ~3


def attribute(kind: int, value: bytes) -> bytes:
    """Return an attribute."""
    length = 4 + len(value)
    return struct.pack("=HH", length, kind) + value + b"\0" * (aligned(length) - length)


def text(kind: int, value: str) -> bytes:
    """Return an attribute that is a string."""
    return attribute(kind, value.encode() + b"\0")


def number(kind: int, value: int) -> bytes:
    """Return an attribute that is a number of 32 bits."""
    return attribute(kind, struct.pack("=I", value))


def attributes(data: bytes) -> dict[int, bytes]:
    """Return the values of attributes by their kinds; of several of one kind the last one."""
    found = {}
    while len(data) >= 4:  # noqa: PLR2004  a header's size
        length, kind = struct.unpack_from("=HH", data)
        found[kind & NLA_TYPE_MASK] = data[4:length]
        data = data[aligned(length) :]
    return found
