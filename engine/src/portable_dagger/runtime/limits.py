"""Limits on the memory and the processes of each container and each function: control groups of the kernel.

Nothing is made where no limit is set. With version 2 of control groups the engine's group is made below the nearest one
above its own that hands on both controllers, as a group with processes of its own cannot (cgroups(7), "no internal
processes"); with version 1, or both, below its own. It is named after the state directory, so the next engine there
removes what a killed one left.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.errors import LimitError
from portable_dagger.store.sizes import size_setting

if TYPE_CHECKING:
    from collections.abc import Mapping

MOUNT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
PARENT = "portable-dagger"
MEMORY, PROCESSES = "PORTABLE_DAGGER_MEMORY", "PORTABLE_DAGGER_PROCESSES"
CONTROLLERS = ("memory", "pids")
WITHOUT = f"unset {MEMORY} and {PROCESSES}, or run the engine where control groups can be made"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one container may take: bytes of memory, processes and threads; None is no limit.

    engine: the name of the engine's group, see `group_name`.
    """

    memory: int | None = None
    processes: int | None = None
    engine: str = "engine"

    @property
    def any(self) -> bool:
        """Say whether there is one."""
        return self.memory is not None or self.processes is not None


UNLIMITED = Limits()


def group_name(state: Path) -> str:
    """Return the name of the group of the engine with a state directory."""
    return hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:16]


def configured(environment: Mapping[str, str], state: Path) -> Limits:
    """Return the limits of the settings (docs/reference/engine.md); errors name one that does not parse."""
    processes = environment.get(PROCESSES, "")
    if processes and (not processes.isdecimal() or int(processes) < 1):
        raise LimitError(f"{PROCESSES}={processes!r} is no number of processes", "such as 4096")
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Limits(
        size_setting(environment, MEMORY, "", total) if environment.get(MEMORY) else None,
        int(processes) if processes else None,
        group_name(state),
    )


@dataclass(frozen=True, slots=True)
class Group:
    """The control group of one container; `folders` is one folder with version 2, one per controller with version 1."""

    folders: tuple[Path, ...]
    limits: Limits

    @property
    def entrances(self) -> tuple[str, ...]:
        """The files that a process writes 0 to, to be in the group with all its children."""
        return tuple(str(folder / "cgroup.procs") for folder in self.folders)

    def entering(self, command: list[str]) -> list[str]:
        """Return a command line that enters the group and becomes `command`."""
        enter = " ".join(f"echo 0 > {path} &&" for path in self.entrances)
        return ["/bin/sh", "-c", f'{enter} exec "$@"', "sh", *command]

    def exceeded(self) -> str:
        """Say which limit was met, for the user; "" when none was."""
        said = []
        if self._count("memory.events", "oom_kill") or self._count(
            "memory.oom_control", "oom_kill"
        ):
            size = f"{(self.limits.memory or 0) / 1e6:,.0f} MB"
            said.append(f"processes were killed at the limit of {size} of memory ({MEMORY})")
        if self._count("pids.events", "max"):
            said.append(f"it met the limit of {self.limits.processes} processes ({PROCESSES})")
        return " and ".join(said)

    def remove(self) -> None:
        """Remove the group, whose processes have ended or are being killed: `clean` takes what is still busy."""
        for folder in self.folders:
            try:
                folder.rmdir()
            except OSError as error:
                if error.errno != errno.EBUSY:
                    raise

    def _count(self, name: str, event: str) -> int:
        for folder in self.folders:
            with contextlib.suppress(FileNotFoundError):
                lines = (line.split() for line in (folder / name).read_text().splitlines())
                return sum(int(value) for key, value in lines if key == event)
        return 0


def make(limits: Limits, name: str) -> Group:
    """Make the group of a container; raises LimitError where this is not possible."""
    folders = []
    try:
        for parent in _parents():
            folder = parent / PARENT / limits.engine / name
            folder.mkdir(parents=True)
            folders.append(folder)
        _limit(folders, limits)
    except OSError as error:
        for folder in folders:
            folder.rmdir()
        raise LimitError(f"limits cannot be set: {error}", WITHOUT) from error
    return Group(tuple(folders), limits)


def clean(state: Path) -> None:
    """Remove the groups of the engine that had a state directory and has ended."""
    for parent in _parents():
        engine = parent / PARENT / group_name(state)
        if not engine.exists():
            continue
        for folder in engine.glob("*/"):
            folder.rmdir()
        engine.rmdir()
        with contextlib.suppress(OSError):  # another engine has groups in it, or there is none
            (parent / PARENT).rmdir()


def _limit(folders: list[Path], limits: Limits) -> None:
    memory, pids = folders[0], folders[-1]
    if memory == pids:
        # Each group above hands the controllers on to the next; none has processes of its own.
        for above in reversed(memory.parents[:3]):
            (above / "cgroup.subtree_control").write_text("+memory +pids")
    if limits.memory is not None:
        old = (memory / "memory.limit_in_bytes").exists()
        names = (
            ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
            if old
            else ("memory.max", "memory.swap.max")
        )
        (memory / names[0]).write_text(str(limits.memory))
        swap = memory / names[1]
        if swap.exists():
            swap.write_text(str(limits.memory) if old else "0")
    if limits.processes is not None:
        (pids / "pids.max").write_text(str(limits.processes))


def _parents() -> list[Path]:
    """Return the folders below which an engine's groups go: one of version 2, or those of both controllers."""
    own = dict[str, str]()
    for line in OWN.read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        own.update(dict.fromkeys(controllers.split(","), path))
    if all((MOUNT / name / "cgroup.procs").exists() for name in CONTROLLERS):
        return [_present(MOUNT / name, own.get(name, "/")) for name in CONTROLLERS]
    folder = _present(MOUNT, own.get("", "/"))
    while folder != MOUNT and not set(CONTROLLERS) <= _handed_on(folder):
        folder = folder.parent
    return [folder]


def _present(mount: Path, path: str) -> Path:
    """Return the folder of a group; in a container the path is often one of the host, which is not there."""
    folder = mount / path.lstrip("/")
    return folder if folder.exists() else mount


def _handed_on(folder: Path) -> set[str]:
    file = folder / "cgroup.subtree_control"
    return set(file.read_text().split()) if file.exists() else set()
