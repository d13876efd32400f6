"""Another time for a command: the host's libfaketime, preloaded into each program that it starts.

Linux has no namespace for the wall clock, so the C library's functions that read it are covered instead. What asks the
kernel by itself keeps today's time: static programs (Go's, for one), and those with set-user-id.

Nothing but the reading is covered. The clock that counts from the machine's start is left alone, and with it sleeps and
time-outs. So are the times of files: what is recorded of them (in `.pyc` files, git's index, by build systems) must go
on to fit. Those of an image are as old as they were; what the command writes is of today.

The library is told a difference to the host's clock, the same one for all processes whenever they start: no time is
passed on between them. It is in whole seconds, as a fraction is read by the locale of the program.
See faketime(1), ld.so(8).
"""

from __future__ import annotations

import math
import platform
import re
import secrets
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from portable_dagger.runtime import preload
from portable_dagger.runtime.plan import BindMount, FileMount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portable_dagger.runtime.plan import Mount
    from portable_dagger.store.tree import Tree

INSIDE = "/.clock"
"""Where a container finds it."""
NAME = "libfaketime.so.1"
PACKAGE = "libfaketime"
FILE_TIMES = {
    *(
        f"__{name}{bits}"
        for name in ("xstat", "lxstat", "fxstat", "fxstatat")
        for bits in ("", "64")
    ),
    *("stat", "lstat", "fstat", "utime", "utimes", "utimensat", "futimens"),
}
WAITS = {
    *("alarm", "sleep", "usleep", "nanosleep", "clock_nanosleep", "poll", "ppoll"),
    *("select", "pselect", "epoll_wait", "epoll_pwait"),
}
UNCOVERED = {*FILE_TIMES, *WAITS, "getpid", "getrandom", "getentropy"}
"""Functions that the library covers and must not: times of files, and what only other uses of it need.

Version 0.9.10 breaks clock_nanosleep where the clock that counts from the start is left alone: Python sleeps with it.
"""
LOADERS = {"x86_64": "/lib64/ld-linux-x86-64.so.2", "aarch64": "/lib/ld-linux-aarch64.so.1"}
MEMORY = "/dev/shm"  # noqa: S108  where glibc has what processes share # nosec B108
SHARED = "clock"
SHARED_SIZE = 4096
SEMAPHORE = (1).to_bytes(8, "little") + bytes(24)
"""A semaphore of glibc's that is free (struct new_sem).

The library's processes share one, with some memory. Each would make its own, and hand it on by a variable: bash then
takes that one for all that there are, and finds no other time set.
"""
VERSION = re.compile(rb"\0GLIBC_(\d+)\.(\d+)[\d.]*(?=\0)")
Version = tuple[int, int]


def folders(machine: str) -> tuple[str, ...]:
    """Return where distributions have the library on a machine of this architecture, as `uname -m` says it."""
    places = (f"lib/{machine}-linux-gnu", "lib64", "lib")
    return tuple(f"{top}/{place}/faketime" for top in ("/usr", "/usr/local") for place in places)


def find(machine: str = "") -> Path | None:
    """Return the host's library, for its own architecture unless another one is named; None without one."""
    for folder in folders(machine or platform.machine()):
        if Path(folder, NAME).is_file():
            return Path(folder, NAME)
    return None


def obstacle(library: Path, tree: Tree, environment: Mapping[str, str]) -> str:
    """Return why a container of the host's architecture cannot use the library; "" when it can.

    tree: its root file system. environment: what its command gets.
    """
    if _in_use(environment) or any(
        tree.lookup(f"{folder}/{NAME}") for folder in folders(platform.machine())
    ):
        return "it has a libfaketime of its own, which would count twice"
    loader = LOADERS.get(platform.machine())
    if loader is None or tree.lookup(loader) is None:
        return "its programs are not linked with glibc, which the library needs"
    needed = newest(library.read_bytes())
    libc = str(PurePosixPath(tree.real_path(loader)).with_name("libc.so.6"))
    found = newest(tree.read_bytes(libc)) if tree.lookup(libc) else None
    if needed is None or found is None:
        return "library and container have C libraries of different kinds"
    if found < needed:
        return f"its glibc is {_dotted(found)}, and the library needs {_dotted(needed)}"
    return ""


def newest(content: bytes) -> Version | None:
    """Return the newest version of glibc that a library names, as the one that it needs or is; None without any."""
    return max(((int(a), int(b)) for a, b in VERSION.findall(content)), default=None)


def mounts(library: Path, folder: Path) -> tuple[Mount, ...]:
    """Return what brings the library into a container; the copy that is used lies in `folder`.

    Raises ValueError when it is no library for this architecture.
    """
    content = preload.without(library.read_bytes(), UNCOVERED)
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    copy = folder / NAME
    if not copy.exists() or copy.read_bytes() != content:
        # Another one may be in use.
        new = folder / secrets.token_hex(6)
        new.write_bytes(content)
        new.chmod(0o644)
        new.replace(copy)
    return (
        BindMount(INSIDE, folder, read_only=True),
        FileMount(f"{MEMORY}/sem.{SHARED}", SEMAPHORE, mode=0o666),
        FileMount(f"{MEMORY}/{SHARED}", bytes(SHARED_SIZE), mode=0o666),
    )


def variables(environment: Mapping[str, str], begin: float, now: float) -> dict[str, str]:
    """Return the variables that let what begins now find the time `begin`, and go on from there.

    begin, now: seconds since the epoch. environment: what the command gets, with libraries to preload that are kept.
    """
    preloaded = environment.get("LD_PRELOAD", "")
    return {
        "LD_PRELOAD": " ".join([*preloaded.split(), f"{INSIDE}/{NAME}"]),
        "FAKETIME": f"{math.ceil(begin - now):+d}",
        "FAKETIME_SHARED": f"/{SHARED} /{SHARED}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # A remedy for glibc 2.24 and before, that lets waits of newer ones end at once.
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }


def _in_use(environment: Mapping[str, str]) -> bool:
    return "FAKETIME" in environment or "faketime" in environment.get("LD_PRELOAD", "")


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))
