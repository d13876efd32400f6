"""The engine's processes and namespaces.

    supervisor      in the host's namespaces; holds engine.lock; cleans up on the host when the engine ends
    └── init        process 1 of new pid, mount, ipc and uts namespaces; reaps orphans; dies with the supervisor
        └── engine  calls `run`; its children are crun, workers and the like

The end of init, however it comes, ends everything below it and takes all mounts with it: the kernel does that. The end
of the supervisor ends init. What lies outside the namespaces (nft's table, forwarding; see uplink.py) the supervisor
removes, or, if it was killed too, the next engine that starts. The network
namespace stays the host's (see network.py for why).

SIGTERM to any of the three asks the engine to end.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import signal
import socket
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from portable_dagger.errors import EngineError, LaunchError
from portable_dagger.runtime import limits, linux, rootless, uplink
from portable_dagger.runtime.network import Network
from portable_dagger.runtime.process import BUNDLES

if TYPE_CHECKING:
    from collections.abc import Callable

UNIFIED = Path("/sys/fs/cgroup/unified")
ASKED_TO_END = (signal.SIGTERM, signal.SIGINT)
FAILED = 1


@dataclass(frozen=True, slots=True)
class Started:
    """What the engine gets: its state directory, a listening socket on loopback, and a network to open.

    pid: the supervisor's, as the host sees it.
    """

    state: Path
    listener: socket.socket
    pid: int
    network: Network = field(default_factory=Network)


def launch(state: Path, run: Callable[[Started], None]) -> NoReturn:
    """Run an engine on a state directory; exits with its exit code when it has ended and everything is cleaned up."""
    try:
        if os.geteuid() != 0:
            rootless.enter()
        lock = _prepare(state)
    except EngineError as error:
        sys.exit(f"{error.message}\n{error.hint}")
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    listener.setblocking(False)  # noqa: FBT003  the only way to say it
    started = Started(state, listener, os.getpid())
    alive, held = os.pipe()
    init = _fork_first(lambda: _init(started, run, alive, held))
    os.close(alive)
    listener.close()
    _pass_on_signals(init)
    code = _wait_for(init)
    _clean(state)
    os.close(lock)
    os.close(held)
    sys.exit(code)


def prepare_mounts(*, new_processes: bool) -> None:
    """Make the mount namespace of the calling process fit for containers; it must not be the host's.

    new_processes: the process is in a pid namespace that the mounted /proc does not show.
    """
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    if new_processes:
        linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    if UNIFIED.is_mount():
        # crun refuses a host with both cgroup hierarchies. A user namespace cannot take the host's mounts away.
        if linux.is_root_of_machine():
            linux.unmount(str(UNIFIED))
        else:
            linux.mount("tmpfs", str(UNIFIED), "tmpfs")


def _prepare(state: Path) -> int:
    """Take the state directory and remove what an earlier engine left; returns the lock's descriptor."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(state / "engine.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise LaunchError(
            f"another engine runs with the state directory {state}",
            "stop it with `./dagger engine stop`, or set PORTABLE_DAGGER_STATE to another directory",
        ) from None
    _clean(state)
    return lock


def _clean(state: Path) -> None:
    (state / "engine.json").unlink(missing_ok=True)
    if (state / "run").exists():
        shutil.rmtree(state / "run")
    limits.clean(state)
    if linux.is_root_of_machine():
        uplink.clean()


def _init(started: Started, run: Callable[[Started], None], alive: int, held: int) -> int:
    linux.die_with_parent(signal.SIGKILL)
    os.close(held)
    if select.select([alive], [], [], 0)[0]:
        return FAILED  # the supervisor was gone before the kernel could be told
    linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS)
    prepare_mounts(new_processes=True)
    secrets = started.state / "run" / "secrets"
    for folder in (BUNDLES, secrets):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = linux.MS_NODEV | linux.MS_NOSUID
        linux.mount("tmpfs", str(folder), "tmpfs", flags, "mode=0700")
    engine = _fork(lambda: _engine(started, run))
    started.listener.close()
    _pass_on_signals(engine)
    return _wait_for(engine)


def _engine(started: Started, run: Callable[[Started], None]) -> int:
    for number in ASKED_TO_END:
        signal.signal(number, signal.SIG_DFL)
    try:
        run(started)
    except EngineError as error:
        print(f"{error.message}\n{error.hint}", file=sys.stderr)  # noqa: T201  the engine's log
        return FAILED
    return 0


def _fork(work: Callable[[], int]) -> int:
    """Fork a process that does `work` and exits with what that returns; return its id."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = FAILED
    try:
        code = work()
    except BaseException:  # noqa: BLE001  the end of a process, whose log this goes to
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _fork_first(work: Callable[[], int]) -> int:
    """Fork a process that is the first of a new pid namespace; later children are born in the old one again."""
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    linux.unshare(linux.CLONE_NEWPID)
    pid = _fork(work)
    # Without root that is not allowed, and nothing is forked later.
    if linux.is_root_of_machine():
        linux.set_namespace(own, linux.CLONE_NEWPID)
    os.close(own)
    return pid


def _pass_on_signals(pid: int) -> None:
    def pass_on(number: int, _: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    for number in ASKED_TO_END:
        signal.signal(number, pass_on)


def _wait_for(pid: int) -> int:
    """Reap children until `pid` ends; return its exit code, 128 + n for signal n."""
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else code
