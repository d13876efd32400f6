"""The Linux system calls that Python 3.11 does not offer, as functions that raise OSError.

Constants are the kernel's: include/uapi/linux/mount.h and sched.h.
"""

from __future__ import annotations

import ctypes
import functools
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000

MNT_DETACH = 0x2
PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15

_libc = ctypes.CDLL(None, use_errno=True)
_T = TypeVar("_T")


def _check(result: int, *names: str | bytes) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), *(os.fsdecode(name) for name in names[:1]))


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount a file system."""
    result = _libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        os.fsencode(kind) or None,
        ctypes.c_ulong(flags),
        os.fsencode(options) or None,
    )
    _check(result, target)


def bind(source: str, target: str) -> None:
    """Bind-mount a file or directory, without what is mounted below it."""
    mount(source, target, flags=MS_BIND)


def set_mount_flags(target: str, flags: int) -> None:
    """Set the flags of the mount whose root is `target`."""
    mount("none", target, flags=MS_REMOUNT | MS_BIND | flags)


def unmount(target: str, flags: int = 0) -> None:
    """Unmount a file system."""
    _check(_libc.umount2(os.fsencode(target), flags), target)


@functools.cache
def is_root_of_machine() -> bool:
    """Say whether this process is root, and not only of a user namespace, whose map is never the whole one."""
    whole = ["0", "0", "4294967295"]
    return os.geteuid() == 0 and Path("/proc/self/uid_map").read_text().split() == whole


RUNTIME = (
    Path("/run/portable-dagger")
    if is_root_of_machine()
    else Path(os.environ.get("XDG_RUNTIME_DIR") or "~/.cache", "portable-dagger").expanduser()
)
"""Where what lives as long as the engine has its names."""

OVERLAY = "trusted.overlay." if is_root_of_machine() else "user.overlay."
"""How the names of overlayfs' own attributes begin; the first ones are for root only (overlayfs.rst, "userxattr")."""


def unshare(flags: int) -> None:
    """Give the calling thread (for pid: its children) new namespaces."""
    _check(_libc.unshare(flags))


def set_namespace(descriptor: int, kind: int) -> None:
    """Move the calling thread into the namespace."""
    _check(_libc.setns(descriptor, kind))


def die_with_parent(signal: int) -> None:
    """Have this process receive `signal` when the thread that forked it ends."""
    _check(_libc.prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal), 0, 0, 0))


def set_name(name: str) -> None:
    """Set the name that `ps` shows for the calling thread; 15 bytes count."""
    _check(_libc.prctl(PR_SET_NAME, name.encode()[:15], 0, 0, 0))


def set_hostname(name: str) -> None:
    """Name the host of the calling process's uts namespace."""
    raw = name.encode()
    _check(_libc.sethostname(raw, len(raw)))


def in_network(descriptor: int | None, work: Callable[[], _T]) -> _T:
    """Do `work` in a thread that lives in a network namespace, a new one for None; sockets made there stay there."""
    results: list[_T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            if descriptor is None:
                unshare(CLONE_NEWNET)
            else:
                set_namespace(descriptor, CLONE_NEWNET)
            results.append(work())
        except BaseException as error:  # noqa: BLE001  raised again in the caller's thread
            failures.append(error)

    thread = threading.Thread(target=run, name="network")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def new_network() -> int:
    """Return a descriptor of a new network namespace; it lives as long as descriptors or processes hold it."""
    return in_network(None, lambda: os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))


def network_of(process: int | str = "self") -> int:
    """Return a descriptor of a process's network namespace."""
    return os.open(f"/proc/{process}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
