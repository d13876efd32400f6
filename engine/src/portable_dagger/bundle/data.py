"""The files of running services, taken as a command finds them: all processes of a service stand still meanwhile.

What is taken so is what a sudden loss of power would leave, which databases are made for: Postgres recovers from it at
its next start as it does after a crash.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portable_dagger.errors import BundleError, ServiceError
from portable_dagger.graph.values import DirectoryMount
from portable_dagger.ops.launch import ROOT
from portable_dagger.runtime.plan import OverlayMount
from portable_dagger.runtime.process import Process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portable_dagger.graph.context import Context
    from portable_dagger.graph.values import Container
    from portable_dagger.session.running import Running
    from portable_dagger.store.store import Store

STOP_LIMIT: Final = 5.0
"""Seconds within which all processes of a service have to stand still."""


@dataclass(frozen=True, slots=True)
class Found:
    """The files that services had written: for each service's identity the layer of each mount ("/" is the root)."""

    layers: dict[str, dict[str, str]] = field(default_factory=dict)


async def find(container: Container, context: Context) -> Found:
    """Take the files of all services that a container is bound to, and of those that they are bound to.

    Of one that has ended meanwhile nothing is taken.
    """
    found: dict[str, dict[str, str]] = {}
    waiting = [service for _, service in container.services]
    while waiting:
        service = waiting.pop()
        if service.identity in found or service.container is None:
            continue
        with contextlib.suppress(ServiceError):
            running = context.session.services.find(service)
            found[service.identity] = await _take(running, context.store)
        waiting += [inner for _, inner in service.container.services]
    return Found(found)


async def _take(running: Running, store: Store) -> dict[str, str]:
    process = running.process
    if not isinstance(process, Process):
        return {}
    pid = await process.pid()
    if pid is None:
        return {}
    writable = {mount.target for mount in _mounts(running) if not mount.read_only}
    plan = process.plan
    uppers = {
        mount.target: mount.upper
        for mount in (plan.root, *plan.mounts)
        if isinstance(mount, OverlayMount)
        and mount.upper is not None
        and (mount.target == ROOT or mount.target in writable)
    }
    return await asyncio.to_thread(_copies, store, pid, uppers, " ".join(running.service.args))


def _mounts(running: Running) -> list[DirectoryMount]:
    assert running.service.container is not None
    return [m for m in running.service.container.mounts if isinstance(m, DirectoryMount)]


def _copies(store: Store, pid: int, uppers: dict[str, Path], title: str) -> dict[str, str]:
    """Return the layers that uppers became, by target; what has nothing in it is left out."""
    layers = {}
    with standing_still(pid):
        for target, upper in uppers.items():
            if not any(upper.iterdir()):
                continue
            stage = store.stage()
            try:
                # Devices, owners, times, links and attributes of overlayfs have to come along.
                command = ["cp", "--archive", "--reflink=auto", f"{upper}/.", str(stage.root)]
                done = subprocess.run(  # noqa: S603
                    command, capture_output=True, text=True, check=False, env={"PATH": os.defpath}
                )
                if done.returncode:
                    raise BundleError(
                        f"the files of the service {title} could not be taken: {done.stderr.strip()}",
                        "make room on the disk, or run without --capture",
                    )
                digest = "sha256:" + secrets.token_hex(32)
                stage.commit(digest, "service data", title)
                layers[target] = digest
            finally:
                stage.abort()
    return layers


@contextlib.contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """Stop all processes of the container whose process 1 has an id, and let them go on at the end."""
    stopped: set[int] = set()
    try:
        until = time.monotonic() + STOP_LIMIT
        while True:
            members = set(processes(pid))
            for member in members - stopped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member, signal.SIGSTOP)
                stopped.add(member)
            # One that was about to fork has done so before it stood still.
            if members <= stopped and all(map(_still, members)) and set(processes(pid)) <= members:
                break
            if time.monotonic() > until:
                raise BundleError(
                    f"a process of a service does not stand still within {STOP_LIMIT:g} s",
                    "it may hang in the kernel: run without --capture",
                )
            time.sleep(0.001)
        yield
    finally:
        for member in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGCONT)


def processes(pid: int) -> Iterator[int]:
    """Yield the ids of all processes in the pid namespace of one."""
    try:
        namespace = Path(f"/proc/{pid}/ns/pid").readlink()
    except FileNotFoundError:
        return
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                if (folder / "ns/pid").readlink() == namespace:
                    yield int(folder.name)


def _still(pid: int) -> bool:
    """Whether a process is stopped, a zombie or gone: whether it can write no more."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return text.rpartition(")")[2].split()[0] in {"T", "t", "Z", "X"}
