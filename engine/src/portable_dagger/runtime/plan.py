"""What to run, as pure data: a process, its root file system, its mounts, its place in the network.

The runtime takes a plan as it is: names of users are numbers here, defaults are filled in, services are started.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portable_dagger.runtime.limits import UNLIMITED, Limits

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.runtime.slot import Slot


@dataclass(frozen=True, slots=True)
class OverlayMount:
    """Layers seen as one directory at `target`.

    layers: layer directories in overlayfs' form, bottom first; none is an empty directory.
    upper, work: where changes go: two empty directories on one file system; without them nothing can be written.
    subpath: the part of the layers that is mounted, a directory or a file.
    """

    target: str
    layers: tuple[Path, ...] = ()
    upper: Path | None = None
    work: Path | None = None
    subpath: str = "/"
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class BindMount:
    """A file, directory or unix socket of the host at `target`."""

    target: str
    source: Path
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class TempMount:
    """An empty tmpfs at `target`; size in bytes, None for the kernel's default (half of the memory)."""

    target: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class FileMount:
    """A file that is in memory only, such as a secret; owner is user and group, mode its permissions."""

    target: str
    content: bytes = field(repr=False)
    owner: tuple[int, int] = (0, 0)
    mode: int = 0o400


Mount = OverlayMount | BindMount | TempMount | FileMount


@dataclass(frozen=True, slots=True)
class ProcessPlan:
    """One process in a container of its own.

    name: shown in logs; need not be unique.
    root: its `target` is "/".
    mounts: a mount below another one's target comes later.
    network: None cuts the process off: it has a loopback interface only.
    hosts: (address, name) pairs for /etc/hosts, beside localhost and the host name.
    privileged: all capabilities and devices, no seccomp, nothing masked.
    init: a small init is process 1 and reaps what the command leaves behind.
    stdin: None is /dev/null.
    limits: what the container may take.
    terminal: the process gets a pseudo-terminal; all output comes as "stdout".
    """

    name: str
    args: tuple[str, ...]
    root: OverlayMount
    env: tuple[tuple[str, str], ...] = ()
    cwd: str = "/"
    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    mounts: tuple[Mount, ...] = ()
    network: Slot | None = None
    hosts: tuple[tuple[str, str], ...] = ()
    hostname: str = "dagger"
    privileged: bool = False
    init: bool = True
    stdin: bytes | None = field(default=None, repr=False)
    terminal: bool = False
    limits: Limits = UNLIMITED
