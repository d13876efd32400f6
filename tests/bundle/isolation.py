"""A network namespace with nothing but a loopback link, and the count of packets that were meant to leave it."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_RULES = """
table inet corpus {
    chain output {
        type filter hook output priority 0;
        oifname != "lo" counter name leaving
    }
    chain forward {
        type filter hook forward priority 0;
        counter name leaving
    }
    counter leaving { }
}
"""


@dataclass(frozen=True, slots=True)
class Isolation:
    """A namespace that lives as long as the process `holder`."""

    holder: int

    def enter(self) -> tuple[str, ...]:
        """Return the words before a command that is to run in it."""
        return ("nsenter", f"--net=/proc/{self.holder}/ns/net")

    def packets(self) -> int:
        """Return how many packets were sent to, or forwarded over, other links than loopback."""
        found = self.run("nft", "--json", "list", "counter", "inet", "corpus", "leaving")
        return sum(
            entry["counter"]["packets"]
            for entry in json.loads(found)["nftables"]
            if "counter" in entry
        )

    def routes(self) -> str:
        """Return its routes, but for those that the kernel makes of addresses."""
        return self.run("ip", "route", "show", "default") + self.run(
            "ip", "-6", "route", "show", "default"
        )

    def run(self, *command: str, text: str = "") -> str:
        """Run a command in it, and return what it prints."""
        return subprocess.run(
            [*self.enter(), *command], input=text, capture_output=True, text=True, check=True
        ).stdout


@contextmanager
def isolated() -> Iterator[Isolation]:
    """Make a namespace without a route; needs root. It ends with the block."""
    with subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        try:
            # `cat` ends when the pipe does: with this process, however that ends.
            holder.stdout.readline()
            isolation = Isolation(holder.pid)
            isolation.run("nft", "-f", "-", text=_RULES)
            yield isolation
        finally:
            holder.stdin.close()
