"""What a process that runs module code can see, and the steps that lock it in.

`Sandbox` is plain data, made by the engine (modules.worker). `enter` runs in the forked child before any user code: it
must be the first process of a new pid namespace, with all capabilities; afterwards it has none, and sees only its root.
The uid is an unprivileged one because files of /proc/sys trust uid 0 even without capabilities.
"""

from __future__ import annotations

import ctypes
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

USER: Final = 61000
"""User and group id of module code; no account of the host."""

SCRATCH: Final = "/scratch"
"""Working directory of module code, writable; the engine reads it for currentModule.workdir."""

_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT = 1, 2, 4, 8, 32
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_MNT_DETACH: Final = 2
_NEW_NAMESPACES: Final = 0x00020000 | 0x08000000 | 0x04000000  # mount, ipc, uts
_NEW_NETWORK: Final = 0x40000000
_NEW_PID: Final = 0x20000000
_PR_SET_DUMPABLE, _PR_CAPBSET_READ, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 4, 23, 24, 38

_DEVICES: Final = ("null", "zero", "full", "random", "urandom")
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The root of module code. `binds` are (path inside, path of the host), read-only, parents first.

    `scratch` is a folder of the host that becomes /scratch; `stage` any empty folder of the host to assemble the root
    on; `files` are (path inside, text), `links` (path inside, target). `entrances` are the files of the control group
    that limits the code (runtime.limits).
    """

    stage: str
    scratch: str
    binds: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    entrances: tuple[str, ...] = ()


def leave_pid_namespace() -> None:
    """Have the next child of this process be the first of a new pid namespace; may be called again and again."""
    own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    try:
        _check(_libc.setns(own, 0), "setns", "pid")
    finally:
        os.close(own)
    _check(_libc.unshare(_NEW_PID), "unshare", "pid")


def enter(sandbox: Sandbox, network: int | None) -> None:
    """Lock the calling process in; `network` is a descriptor of its network namespace (None: one without any).

    Raises OSError naming the step that failed.
    """
    for entrance in sandbox.entrances:
        Path(entrance).write_text("0")
    _check(_libc.unshare(_NEW_NAMESPACES | (_NEW_NETWORK if network is None else 0)), "unshare", "")
    if network is not None:
        _check(_libc.setns(network, _NEW_NETWORK), "setns", "network")
    socket.sethostname("module")
    _assemble(sandbox)
    _change_root(sandbox.stage)
    _drop_rights()


def _assemble(sandbox: Sandbox) -> None:
    root = Path(sandbox.stage)
    _mount("none", "/", flags=_MS_REC | _MS_PRIVATE)
    _mount("tmpfs", root, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=755,size=16m")
    for inside, options in (("tmp", "mode=1777,size=50%"), ("dev/shm", "mode=1777,size=25%")):
        (root / inside).mkdir(parents=True)
        _mount("tmpfs", root / inside, "tmpfs", _MS_NOSUID | _MS_NODEV, options)
    for inside, host in sandbox.binds:  # after /tmp, since a Python environment may lie below it
        _bind(host, root, inside, _MS_RDONLY | _MS_NOSUID | _MS_NODEV)
    _bind(sandbox.scratch, root, SCRATCH, _MS_NOSUID | _MS_NODEV)
    for inside, text in sandbox.files:
        file = root / inside.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for inside, target in sandbox.links:
        link = root / inside.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    (root / "proc").mkdir()
    _mount("proc", root / "proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    for name in _DEVICES:
        _bind(f"/dev/{name}", root, f"dev/{name}", _MS_NOSUID | _MS_NOEXEC)
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        (root / "dev" / name).symlink_to(f"/proc/self/{target}")
    _mount("none", root, flags=_MS_REMOUNT | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)


def _bind(host: str, root: Path, inside: str, flags: int) -> None:
    target = root / inside.lstrip("/")
    if Path(host).is_dir():
        target.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    _mount(host, target, flags=_MS_BIND)
    _mount("none", target, flags=_MS_BIND | _MS_REMOUNT | flags)


def _change_root(root: str) -> None:
    os.chdir(root)
    _check(_libc.pivot_root(b".", b"."), "pivot_root", root)
    _check(_libc.umount2(b".", _MNT_DETACH), "umount", "the host's root")
    os.chdir(SCRATCH)


def _drop_rights() -> None:
    capability = 0
    while _libc.prctl(_PR_CAPBSET_READ, capability, 0, 0, 0) >= 0:
        _check(
            _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0), "drop capability", str(capability)
        )
        capability += 1
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)  # leaving uid 0 clears the permitted, effective and ambient sets
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl", "no_new_privs")
    _check(
        _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl", "dumpable"
    )  # else /proc/self is root's


def _mount(
    source: str,
    target: Path | str,
    kind: str | None = None,
    flags: int = 0,
    data: str | None = None,
) -> None:
    result = _libc.mount(
        source.encode(),
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        data.encode() if data else None,
    )
    _check(result, "mount", str(target))


def _check(result: int, call: str, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}", what)
