"""The system calls that containers may not make.

Everything is allowed but what reaches past the container (kernel, clock, devices, other namespaces) or has a history of
holes that root in a container could use. The list follows from the calls that Docker's profile leaves out.
"""

from __future__ import annotations

from typing import Any

EPERM = 1
ENOSYS = 38

_REFUSED = (
    # kernel, modules, machine
    "acct",
    "bpf",
    "create_module",
    "delete_module",
    "finit_module",
    "init_module",
    "ioperm",
    "iopl",
    "kexec_file_load",
    "kexec_load",
    "lookup_dcookie",
    "perf_event_open",
    "quotactl",
    "quotactl_fd",
    "reboot",
    "swapoff",
    "swapon",
    "sysfs",
    "uselib",
    "userfaultfd",
    "vhangup",
    # clock
    "clock_adjtime",
    "clock_settime",
    "settimeofday",
    # keys are not kept apart by namespaces
    "add_key",
    "keyctl",
    "request_key",
    # mounts and namespaces
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "mount",
    "mount_setattr",
    "move_mount",
    "open_by_handle_at",
    "open_tree",
    "pivot_root",
    "setdomainname",
    "sethostname",
    "setns",
    "umount",
    "umount2",
    "unshare",
    # asynchronous calls that seccomp cannot see
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
)

# New mount, cgroup, uts, ipc, user, pid and net namespaces (include/uapi/linux/sched.h).
_NAMESPACE_FLAGS = (
    0x00020000,
    0x02000000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)


def profile() -> dict[str, Any]:
    """Return the seccomp part of an OCI runtime configuration."""
    return {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [
            {"names": list(_REFUSED), "action": "SCMP_ACT_ERRNO", "errnoRet": EPERM},
            *(_clone_with(flag) for flag in _NAMESPACE_FLAGS),
            # Its flags are in memory, where a filter cannot look; ENOSYS makes libc fall back to clone.
            {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS},
        ],
    }


def _clone_with(flag: int) -> dict[str, Any]:
    return {
        "names": ["clone"],
        "action": "SCMP_ACT_ERRNO",
        "errnoRet": EPERM,
        "args": [{"index": 0, "value": flag, "valueTwo": flag, "op": "SCMP_CMP_MASKED_EQ"}],
    }
