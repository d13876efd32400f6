"""What functions and nested commands may reach by the engine's own requests (`http`, `git`): other machines only.

The engine asks from the host's network, where servers on loopback and containers of all sessions answer. Whoever was
not handed a service of the host does not get one by its address. A name that changes between the look and the request,
and a redirection that git follows, are not seen.
"""

from __future__ import annotations

import socket
import urllib.request
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ipaddress import IPv4Network

TODO = "hand it over as an argument: a service of the host (`tcp://localhost:PORT`), a file or a directory"


def refusal(url: str, containers: IPv4Network) -> str:
    """Return why a URL must not be asked for such a client, "" when it may; names are looked up.

    containers: the engine's network of containers.
    """
    host, scheme = _host(url)
    if not host or (
        urllib.request.getproxies().get(scheme) and not urllib.request.proxy_bypass(host)
    ):
        return ""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except OSError:
        return ""  # the request itself says what is wrong
    for family, _, _, _, address in found:
        known = ip_address(str(address[0]).partition("%")[0])
        if known in containers:
            return f"{url} is a container's: functions and nested commands reach it by a service binding"
        if _is_own(family, str(address[0])):
            return f"{url} is on the host: functions and nested commands cannot reach its servers"
    return ""


def _host(url: str) -> tuple[str, str]:
    """Return a URL's host and scheme; git's short form `user@host:path` is ssh."""
    if "://" not in url:
        return url.partition(":")[0].rpartition("@")[2], "ssh"
    parts = urlsplit(url)
    return parts.hostname or "", parts.scheme


def _is_own(family: int, address: str) -> bool:
    """Say whether an address is one of this machine, by trying to be there."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
