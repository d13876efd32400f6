"""The host's DNS settings, for containers."""

from __future__ import annotations

import ipaddress
from pathlib import Path

IPV4 = 4  # Containers have nothing else.
HOST = Path("/etc/resolv.conf")
# systemd-resolved answers on loopback, where containers have nothing; here it lists the servers it asks itself.
UPSTREAM = Path("/run/systemd/resolve/resolv.conf")

NONE = "# no network\noptions timeout:0 attempts:1\n"
"""A resolv.conf that lets every look-up fail at once: without a server programs ask 127.0.0.1, and some wait for it."""


def resolver_text(files: tuple[Path, ...] = (HOST, UPSTREAM)) -> str:
    """Return a resolv.conf whose servers containers can reach; without any server if there is none."""
    kept = ""
    for path in files:
        if path.exists():
            kept = reachable(path.read_text())
            if "nameserver" in kept:
                break
    return kept


def reachable(text: str) -> str:
    """Return the lines of a resolv.conf without servers on loopback and without IPv6 servers."""
    lines = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0] not in {"nameserver", "search", "domain", "options"}:
            continue
        if words[0] == "nameserver":
            address = ipaddress.ip_address(words[1].partition("%")[0])
            if address.version != IPV4 or address.is_loopback:
                continue
        lines.append(" ".join(words))
    return "".join(f"{line}\n" for line in lines)
