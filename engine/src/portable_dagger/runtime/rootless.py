"""The engine without root: a user namespace in which its user is root, and the containers' way out of it.

    user's process --- unshare ---> root of a user namespace, with the subordinate ids of /etc/subuid and /etc/subgid
    hub  tap0 --- slirp4netns --- the host's network, by the user's own sockets

Everything else is as with root; the engine stays in the host's network, and reaches containers by sockets that are made
in the hub. See user_namespaces(7), subuid(5), newuidmap(1), slirp4netns(1).
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from portable_dagger.errors import LaunchError, NetworkError, RuntimeToolError
from portable_dagger.runtime import linux, uplink
from portable_dagger.runtime.netlink import Netlink

FEWEST = 61_001
"""Subordinate ids that are needed: images use up to 65,534, module code runs as 61,000."""
MTU = 65_520
RESOLVER = "10.0.2.3"
"""slirp4netns' own: it asks the host's, be that on loopback."""
WITH_ROOT = "or run the engine as root"
MISSING = (
    "limits on memory and processes: control groups belong to root",
    "device nodes of images, which are left out",
    "owners of files above the subordinate ids, which are an error",
    "other ways out of containers than TCP and UDP",
)
"""What an engine without root cannot do; shown by `engine status`."""


@dataclass(frozen=True, slots=True)
class Range:
    """Subordinate ids: the first one on the host, and how many."""

    first: int
    count: int


def subordinate(text: str, user: str, number: int) -> Range | None:
    """Return the first range of a user in the text of /etc/subuid or /etc/subgid (subuid(5)), None without one."""
    for line in text.splitlines():
        name, _, rest = line.strip().partition(":")
        first, _, count = rest.partition(":")
        if name in {user, str(number)} and first.isdecimal() and count.isdecimal():
            return Range(int(first), int(count))
    return None


def enter() -> None:
    """Make the calling process, which has one thread, root of a user namespace with a mount namespace.

    Raises LaunchError that says what the machine lacks.
    """
    user, number = pwd.getpwuid(os.getuid()).pw_name, os.getuid()
    maps = [
        _map("newuidmap", Path("/etc/subuid"), user, number, number),
        _map("newgidmap", Path("/etc/subgid"), user, number, os.getgid()),
    ]
    ready, go = os.pipe()
    answer, said = os.pipe()
    child = os.fork()
    if child == 0:
        # Maps are written from outside the new namespace.
        os.close(go)
        os.read(ready, 1)
        os.write(said, _write_maps(maps, os.getppid()).encode() or b"\0")
        os._exit(0)
    for descriptor in (ready, said):
        os.close(descriptor)
    try:
        linux.unshare(linux.CLONE_NEWUSER)
    except OSError as error:
        os.kill(child, signal.SIGKILL)
        raise LaunchError(
            f"this machine lets users make no user namespaces: {error.strerror}",
            "see the settings kernel.unprivileged_userns_clone, user.max_user_namespaces and"
            f" kernel.apparmor_restrict_unprivileged_userns of sysctl, {WITH_ROOT}",
        ) from error
    finally:
        os.close(go)
    with os.fdopen(answer, "rb") as file:
        refusal = file.read().strip(b"\0").decode()
    os.waitpid(child, 0)
    if refusal:
        raise LaunchError(
            f"the user namespace could not be made: {refusal}", f"mend that, {WITH_ROOT}"
        )
    linux.unshare(linux.CLONE_NEWNS)


def _map(program: str, file: Path, user: str, number: int, own: int) -> list[str]:
    found = shutil.which(program)
    if found is None:
        raise LaunchError(
            f"{program} is not installed; an engine without root needs it",
            f"install the package uidmap, {WITH_ROOT}",
        )
    ids = subordinate(file.read_text(), user, number) if file.exists() else None
    if ids is None or ids.count < FEWEST:
        has = f"only {ids.count}" if ids else "no"
        raise LaunchError(
            f"{user} has {has} subordinate ids in {file}; an engine without root needs {FEWEST}",
            f"as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}; {WITH_ROOT}",
        )
    return [found, "PID", "0", str(own), "1", "1", str(ids.first), str(ids.count)]


def _write_maps(maps: list[list[str]], pid: int) -> str:
    """Have newuidmap and newgidmap write the maps of a process; return what they refused, "" if nothing."""
    for command in maps:
        words = [str(pid) if word == "PID" else word for word in command]
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            return done.stderr.strip() or f"{words[0]} ended with exit code {done.returncode}"
    return ""


def rules(addresses: uplink.Addresses, own: list[str]) -> str:
    """Return the hub's nft table: NAT out, and nothing to the addresses that the machine has itself."""
    refused = f"ip daddr {{ {', '.join(own)} }} drop" if own else ""
    return f"""
table ip {addresses.table} {{
    chain postrouting {{
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr {addresses.containers} oifname "tap0" masquerade
    }}
    chain forward {{
        type filter hook forward priority filter; policy accept;
        iifname "tap0" ct state established,related accept
        iifname "tap0" drop
        {refused}
    }}
}}
"""


class Uplink:
    """The hub's link to the outside by slirp4netns, in the place of uplink.Uplink."""

    mtu = MTU
    resolver = f"nameserver {RESOLVER}\n"

    def __init__(
        self, addresses: uplink.Addresses, own: list[str], process: subprocess.Popen[bytes]
    ) -> None:
        self.addresses = addresses
        self._own = own
        self._process = process

    @classmethod
    def open(cls, hub: int) -> Uplink:
        """Start slirp4netns on the hub, a descriptor of its network namespace; raises NetworkError."""
        with Netlink() as netlink:
            networks = [network for network, _ in netlink.routes()]
        addresses = uplink.choose(0, networks)
        if addresses is None:
            raise NetworkError("the host has routes into all addresses that containers could have")
        return cls(addresses, _own_addresses(), _slirp(hub))

    def furnish(self, _: Netlink) -> None:
        """Set the hub's rules; called in the hub."""
        uplink.nft(rules(self.addresses, self._own))

    def reach(self) -> None:
        """Do nothing: the engine reaches containers from the hub."""

    def close(self) -> None:
        """End slirp4netns."""
        self._process.terminate()
        self._process.wait()


def _slirp(hub: int) -> subprocess.Popen[bytes]:
    program = shutil.which("slirp4netns", path=uplink.PROGRAMS)
    if program is None:
        raise RuntimeToolError(
            "slirp4netns is not installed; without root, containers get their network by it",
            f"install the package slirp4netns, {WITH_ROOT}",
        )
    told, tell = os.pipe()
    hub_path = f"/proc/{os.getpid()}/fd/{hub}"
    options = ["--configure", f"--mtu={MTU}", "--disable-host-loopback", f"--ready-fd={tell}"]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603
            [program, *options, "--netns-type=path", hub_path, "tap0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            pass_fds=[tell],
        )
        os.close(tell)
        with os.fdopen(told, "rb") as file:
            ready = file.read(1)
        if not ready:
            process.wait()
            said.seek(0)
            raise NetworkError(
                f"slirp4netns did not start: {said.read().decode(errors='replace').strip()}",
                f"users must be able to open /dev/net/tun (`modprobe tun`, mode 0666), {WITH_ROOT}",
            )
    return process


def _own_addresses() -> list[str]:
    """Return this machine's addresses, loopback aside, which slirp4netns itself keeps away."""
    command = [shutil.which("ip", path=uplink.PROGRAMS) or "ip", "-4", "-json", "address"]
    answer = subprocess.run(command, capture_output=True, check=True).stdout  # noqa: S603
    found = [entry["local"] for link in json.loads(answer) for entry in link["addr_info"]]
    return [address for address in found if not address.startswith("127.")]
