"""OCI runtime configuration of a plan (runtime-spec 1.0), pure.

The root file system comes assembled: plan mounts are already below it, except those that lie in /dev, /proc or /sys,
which the container runtime makes itself and therefore has to cover.
"""

from __future__ import annotations

import resource
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from portable_dagger.runtime import capabilities, seccomp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.runtime.plan import ProcessPlan

INIT = "/.init"
CREATED_BY_RUNTIME = ("/dev", "/proc", "/sys")
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
OPEN_FILES = 524288

# moby, oci/defaults.go
MASKED_PATHS = (
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
)
READONLY_PATHS = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


def made_by_runtime(target: str) -> bool:
    """Say whether the container runtime, not the engine, mounts what is at `target`."""
    top = PurePosixPath(target).parts[1:2]
    return bool(top) and f"/{top[0]}" in CREATED_BY_RUNTIME


def config(
    plan: ProcessPlan, rootfs: Path, covers: Sequence[tuple[str, Path]] = ()
) -> dict[str, Any]:
    """Return the configuration.

    rootfs: the assembled root file system; with `plan.init`, the init program is in it at INIT.
    covers: (target, source) of binds below /dev, /proc and /sys.
    """
    return {
        "ociVersion": "1.0.2",
        "process": process(plan),
        "root": {"path": str(rootfs), "readonly": plan.root.read_only},
        "hostname": plan.hostname,
        "mounts": [*_mounts(plan), *(_bind(target, source) for target, source in covers)],
        "linux": _linux(plan),
    }


def hosts_file(plan: ProcessPlan) -> str:
    """Return /etc/hosts."""
    own = plan.network.address if plan.network else "127.0.1.1"
    lines = [
        ("127.0.0.1", "localhost"),
        ("::1", "localhost ip6-localhost ip6-loopback"),
        (own, plan.hostname),
        *plan.hosts,
    ]
    return "".join(f"{address}\t{names}\n" for address, names in lines)


def process(plan: ProcessPlan) -> dict[str, Any]:
    """Return the description of the plan's process alone."""
    names = list(capabilities.known() if plan.privileged else capabilities.DEFAULT)
    # A user other than root gets none at its start, but may gain them by set-user-id programs.
    active = names if plan.uid == 0 else []
    return {
        "terminal": plan.terminal,
        "user": {
            "uid": plan.uid,
            "gid": plan.gid,
            "additionalGids": list(plan.groups),
            "umask": 0o022,
        },
        "args": [INIT, "--", *plan.args] if plan.init else list(plan.args),
        "env": [f"{name}={value}" for name, value in plan.env],
        "cwd": plan.cwd,
        "capabilities": {
            "bounding": names,
            "effective": active,
            "permitted": active,
            "inheritable": [],
            "ambient": [],
        },
        "rlimits": [_open_files()],
        "noNewPrivileges": False,
    }


def _open_files() -> dict[str, Any]:
    # Raising the host's own limit takes a capability that root in a container or virtual machine may lack.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    hard = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    return {"type": "RLIMIT_NOFILE", "soft": min(1024, hard), "hard": hard}


def _mounts(plan: ProcessPlan) -> list[dict[str, Any]]:
    safe = ["nosuid", "noexec", "nodev"]
    mounts = [
        _mount("/proc", "proc", safe),
        # Nodes that a container makes are dead (nodev); those that it needs are binds of the host's.
        _mount("/dev", "tmpfs", ["nosuid", "nodev", "strictatime", "mode=755", "size=65536k"]),
        _mount(
            "/dev/pts", "devpts", [*safe[:2], "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]
        ),
        _mount("/dev/shm", "tmpfs", [*safe, "mode=1777", "size=65536k"]),  # noqa: S108 # nosec B108
        _mount("/dev/mqueue", "mqueue", safe),
        _mount("/sys", "sysfs", [*safe, "rw" if plan.privileged else "ro"]),
    ]
    if plan.privileged:
        mounts[1]["options"].remove("nodev")
    else:
        # crun clears the flags that the root came with. It refuses "/" as a mount's target, but takes this.
        options = ["remount", "bind", "nodev", *(["ro"] if plan.root.read_only else [])]
        mounts.append({"destination": "/.", "type": "bind", "source": "/", "options": options})
    return mounts + [_bind(f"/dev/{name}", Path("/dev", name)) for name in DEVICES]


def _linux(plan: ProcessPlan) -> dict[str, Any]:
    network = {"type": "network"}
    if plan.network:
        network["path"] = plan.network.path
    linux: dict[str, Any] = {
        "namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts", "cgroup")]
        + [network]
    }
    if not plan.privileged:
        linux["seccomp"] = seccomp.profile()
        linux["maskedPaths"] = list(MASKED_PATHS)
        linux["readonlyPaths"] = list(READONLY_PATHS)
    return linux


def _mount(target: str, kind: str, options: list[str]) -> dict[str, Any]:
    return {"destination": target, "type": kind, "source": kind, "options": options}


def _bind(target: str, source: Path) -> dict[str, Any]:
    return {
        "destination": target,
        "type": "bind",
        "source": str(source),
        "options": ["bind", "nosuid", "noexec"],
    }
