"""Reading what a running engine holds, from /proc and its state directory."""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.soak.series import Sample
from bench.workplace import BenchError

if TYPE_CHECKING:
    from bench.workplace import Workplace

PATIENCE = 20.0
"""Seconds after which an engine that still does something counts as stuck."""


def status(place: Workplace) -> dict[str, Any]:
    """Return what `./dagger engine status --json` says."""
    found: dict[str, Any] = json.loads(place.call("engine", "status", "--json"))
    return found


def settled(place: Workplace) -> dict[str, Any]:
    """Return the status once no session is open and no process of a container is left; BenchError if that never is."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = status(place)
        left = [pid for pid in family(found["pid"]) if _in_container(pid)]
        if not found["sessions"] and not left:
            return found
        if time.monotonic() > deadline:
            names = ", ".join(_command(pid) for pid in left)
            raise BenchError(
                f"after {PATIENCE:.0f} s there are sessions {found['sessions']}, {names}"
            )
        time.sleep(0.1)


def sample(place: Workplace) -> Sample:
    """Return what the engine holds once it has nothing to do."""
    pid = int(settled(place)["pid"])
    members = family(pid)
    engine = max(members, key=lambda one: _count(one, "fd"))
    links = [_link(entry) for entry in Path("/proc", str(engine), "fd").iterdir()]
    return Sample(
        processes=len(members),
        threads=_count(engine, "task"),
        mounts=len(Path("/proc", str(engine), "mountinfo").read_text().splitlines()),
        networks=sum(link.startswith(("net:", "/proc/")) for link in links),
        descriptors=len(links),
        files=sum(len(names) for _, _, names in os.walk(place.state / "run")),
        memory=sum(_memory(member) for member in members) / 1e6,
    )


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for member in found:
        found.extend(children.get(member, []))
    return found


def _in_container(pid: int) -> bool:
    return "portable_dagger" not in _command(pid)


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path("/proc", str(pid), "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return "portable_dagger: it has ended"


def _count(pid: int, what: str) -> int:
    return len(list(Path("/proc", str(pid), what).iterdir()))


def _link(entry: Path) -> str:
    with contextlib.suppress(OSError):
        return str(entry.readlink())
    return ""


def _memory(pid: int) -> int:
    with contextlib.suppress(OSError):
        facts = Path("/proc", str(pid), "smaps_rollup").read_text().split()
        return int(facts[facts.index("Pss:") + 1]) * 1024
    return 0
