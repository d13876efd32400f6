"""The host's side of the containers' network: which addresses an engine takes, forwarding, NAT, and their removal.

Engines on one host are told apart by an index. REGISTRY holds one file per index, locked while its engine lives;
whoever starts next removes what a killed engine left. All of it is done in the host's network namespace.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.errors import NetworkError, RuntimeToolError
from portable_dagger.runtime import linux
from portable_dagger.runtime.netlink import Netlink

if TYPE_CHECKING:
    from collections.abc import Iterator

REGISTRY = linux.RUNTIME / "networks"
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
# Private ranges that few networks use; an engine takes the first /21 that collides with no route of the host.
RANGES = (IPv4Network("10.213.0.0/16"), IPv4Network("10.87.0.0/16"), IPv4Network("10.151.0.0/16"))
PROGRAMS = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
DOCKER_CHAIN = "DOCKER-USER"


@dataclass(frozen=True, slots=True)
class Addresses:
    """What one engine uses: 1022 addresses for containers, and a link between host and hub."""

    index: int
    block: IPv4Network

    @property
    def link(self) -> str:
        """The name of the host's end of the link to the hub."""
        return f"pdagger{self.index}"

    @property
    def table(self) -> str:
        """The name of the nft table."""
        return f"portable_dagger_{self.index}"

    @property
    def containers(self) -> IPv4Network:
        """The containers' network."""
        return next(self.block.subnets(new_prefix=22))

    @property
    def gateway(self) -> IPv4Interface:
        """The hub's address in it."""
        return IPv4Interface((self.containers[1], 22))

    @property
    def host_end(self) -> IPv4Interface:
        """The host's address on the link."""
        return IPv4Interface((self.block[1025], 30))

    @property
    def hub_end(self) -> IPv4Interface:
        """The hub's address on the link."""
        return IPv4Interface((self.block[1026], 30))


def choose(index: int, routes: list[IPv4Network]) -> Addresses | None:
    """Return the addresses of an index, None when they collide with the host's routes whatever the range."""
    for whole in RANGES:
        block = IPv4Network((int(whole.network_address) + index * 2048, 21))
        if block.subnet_of(whole) and not any(r.prefixlen and r.overlaps(block) for r in routes):
            return Addresses(index, block)
    return None


def rules(addresses: Addresses) -> str:
    """Return the nft table: NAT out, nothing new in, nothing to the host itself."""
    link = addresses.link
    return f"""
table inet {addresses.table} {{
    chain postrouting {{
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr {addresses.containers} oifname != "{link}" masquerade
    }}
    chain forward {{
        type filter hook forward priority filter; policy accept;
        iifname "{link}" oifname "pdagger*" drop
        iifname "{link}" accept
        oifname "{link}" ct state established,related accept
        oifname "{link}" drop
    }}
    chain input {{
        type filter hook input priority filter; policy accept;
        iifname "{link}" ct state established,related accept
        iifname "{link}" drop
    }}
}}
"""


class Uplink:
    """One engine's share of the host's network; `descriptor` keeps its index."""

    resolver = ""
    """The text of a resolv.conf of its own; "" for the host's."""

    def __init__(self, addresses: Addresses, descriptor: int, mtu: int) -> None:
        self.addresses = addresses
        self.mtu = mtu
        self._descriptor = descriptor

    @classmethod
    def open(cls, hub: int) -> Uplink:
        """Make the link into the hub's network namespace (a descriptor), routes, forwarding and rules."""
        with _locked():
            _remove_dead()
            with Netlink() as netlink:
                routes = netlink.routes()
                networks = [network for network, _ in routes]
                mtu = _mtu(routes)
                for index in range(32):
                    addresses = choose(index, networks)
                    descriptor = _take(index) if addresses else None
                    if addresses is None or descriptor is None:
                        continue
                    try:
                        _make(netlink, addresses, hub, mtu)
                    except BaseException:
                        _unmake(addresses)
                        os.close(descriptor)
                        raise
                    os.ftruncate(descriptor, 0)
                    os.pwrite(descriptor, json.dumps({"block": str(addresses.block)}).encode(), 0)
                    return cls(addresses, descriptor, mtu)
        raise NetworkError(
            "no addresses are free for containers: the host has routes into all of "
            + ", ".join(str(whole) for whole in RANGES),
            "stop other engines, or remove those routes",
        )

    def furnish(self, netlink: Netlink) -> None:
        """Set the hub's end of the link up; called in the hub."""
        netlink.address("uplink", self.addresses.hub_end)
        netlink.up("uplink")
        netlink.route(IPv4Network("0.0.0.0/0"), self.addresses.host_end.ip)

    def reach(self) -> None:
        """Let the host reach containers; after the hub's end of the link is up."""
        with Netlink() as netlink:
            netlink.route(self.addresses.containers, self.addresses.hub_end.ip)

    def close(self) -> None:
        """Remove everything from the host."""
        with _locked():
            _unmake(self.addresses)
            (REGISTRY / str(self.addresses.index)).unlink(missing_ok=True)
            os.close(self._descriptor)
            _restore_forwarding()


def clean() -> None:
    """Remove what engines that are gone left on the host."""
    if REGISTRY.exists():
        with _locked():
            _remove_dead()
            _restore_forwarding()


def _make(netlink: Netlink, addresses: Addresses, hub: int, mtu: int) -> None:
    try:
        netlink.add_pair(addresses.link, mtu, "uplink", hub)
        # Containers have IPv4 only; without this the link would reach services of the host by link-local addresses.
        disable = Path(f"/proc/sys/net/ipv6/conf/{addresses.link}/disable_ipv6")
        if disable.exists():
            disable.write_text("1")
        netlink.address(addresses.link, addresses.host_end)
        netlink.up(addresses.link)
    except OSError as error:
        raise NetworkError(f"cannot make the link {addresses.link}: {error}") from error
    nft(rules(addresses))
    _open_docker_firewall(addresses)
    if FORWARDING.read_text().strip() == "0":
        (REGISTRY / "forwarding").write_text("0")
        FORWARDING.write_text("1")


def _unmake(addresses: Addresses) -> None:
    if addresses.link in (name for _, name in socket.if_nameindex()):
        with Netlink() as netlink:
            netlink.delete(addresses.link)
    # Declared first, so that deleting it is no error where it is not.
    nft(f"table inet {addresses.table}\ndelete table inet {addresses.table}\n")
    _close_docker_firewall(addresses)


def _remove_dead() -> None:
    """Remove what belongs to an index that nobody holds."""
    for path in REGISTRY.iterdir():
        if path.name.isdigit():
            descriptor = _take(int(path.name))
            if descriptor is not None:
                _unmake(Addresses(int(path.name), RANGES[0]))
                path.unlink()
                os.close(descriptor)


def _restore_forwarding() -> None:
    """Switch forwarding off again when it was off before the first engine and this was the last."""
    saved = REGISTRY / "forwarding"
    if saved.exists() and not any(path.name.isdigit() for path in REGISTRY.iterdir()):
        FORWARDING.write_text(saved.read_text())
        saved.unlink()


def _take(index: int) -> int | None:
    """Return a locked descriptor of an index's file, None when another engine has it."""
    descriptor = os.open(REGISTRY / str(index), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def _locked() -> Iterator[None]:
    """Keep other engines from changing the host's side meanwhile."""
    REGISTRY.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(REGISTRY / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _mtu(routes: list[tuple[IPv4Network, int]]) -> int:
    """Return the default route's MTU: a VPN's or a cloud's is often smaller than Ethernet's."""
    for network, index in routes:
        if network.prefixlen == 0 and index:
            name = socket.if_indextoname(index)
            return int(Path("/sys/class/net", name, "mtu").read_text())
    return 1500


def _open_docker_firewall(addresses: Addresses) -> None:
    """Where Docker runs, its table drops what it does not forward itself; this chain of it is for others' rules."""
    if _docker_rules():
        link = addresses.link
        nft(
            f'insert rule ip filter {DOCKER_CHAIN} iifname "{link}" accept\n'
            f'insert rule ip filter {DOCKER_CHAIN} oifname "{link}" ct state established,related accept\n'
        )


def _close_docker_firewall(addresses: Addresses) -> None:
    for line in _docker_rules().splitlines():
        if f'"{addresses.link}"' in line:
            nft(f"delete rule ip filter {DOCKER_CHAIN} handle {line.rpartition(' ')[2]}\n")


def _docker_rules() -> str:
    """Return the rules in Docker's chain for others, with their handles; "" without Docker."""
    command = [_nft(), "--handle", "list", "chain", "ip", "filter", DOCKER_CHAIN]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return answer.stdout if answer.returncode == 0 else ""


def nft(script: str) -> None:
    """Run an nft script in the network namespace of the calling thread."""
    command = [_nft(), "-f", "-"]
    answer = subprocess.run(  # noqa: S603
        command, input=script, capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        raise NetworkError(
            f"nft refused the rules for containers: {answer.stderr.strip()}\n{script.strip()}",
            "the kernel needs nf_tables with NAT; see `nft list ruleset`",
        )


def _nft() -> str:
    found = shutil.which("nft", path=PROGRAMS)
    if found is None:
        raise RuntimeToolError("nft is not installed", "install the package nftables")
    return found
