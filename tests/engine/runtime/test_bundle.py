"""OCI configurations as values."""

from __future__ import annotations

import json
from pathlib import Path

from portable_dagger.runtime import bundle
from portable_dagger.runtime.plan import OverlayMount, ProcessPlan
from portable_dagger.runtime.slot import Slot

ROOTFS = Path("/bundle/rootfs")


def plan(**changes: object) -> ProcessPlan:
    values: dict[str, object] = {"name": "n", "args": ("echo", "x"), "root": OverlayMount("/")}
    return ProcessPlan(**{**values, **changes})  # type: ignore[arg-type]


def test_a_configuration_is_json() -> None:
    config = bundle.config(plan(), ROOTFS)
    assert json.loads(json.dumps(config)) == config
    assert config["root"] == {"path": "/bundle/rootfs", "readonly": False}
    assert config["hostname"] == "dagger"


def test_the_command_runs_below_an_init() -> None:
    assert bundle.config(plan(), ROOTFS)["process"]["args"] == ["/.init", "--", "echo", "x"]
    assert bundle.config(plan(init=False), ROOTFS)["process"]["args"] == ["echo", "x"]


def test_other_users_start_without_capabilities() -> None:
    own = bundle.config(plan(uid=7, gid=8, groups=(9,)), ROOTFS)["process"]
    assert own["user"] == {"uid": 7, "gid": 8, "additionalGids": [9], "umask": 0o022}
    assert own["capabilities"]["effective"] == []
    assert "CAP_CHOWN" in own["capabilities"]["bounding"]


def test_network_of_a_slot_and_none() -> None:
    slot = Slot("slot1", "/proc/2/fd/9", "10.213.0.2", "nameserver 9.9.9.9\n", 9)
    with_slot = bundle.config(plan(network=slot), ROOTFS)["linux"]["namespaces"]
    assert {"type": "network", "path": "/proc/2/fd/9"} in with_slot
    assert {"type": "network"} in bundle.config(plan(), ROOTFS)["linux"]["namespaces"]


def test_only_privileged_processes_go_unguarded() -> None:
    guarded = bundle.config(plan(), ROOTFS)["linux"]
    assert guarded["seccomp"]["defaultAction"] == "SCMP_ACT_ALLOW"
    assert "/proc/kcore" in guarded["maskedPaths"]
    free = bundle.config(plan(privileged=True), ROOTFS)
    assert set(free["linux"]) == {"namespaces"}
    assert "CAP_SYS_ADMIN" in free["process"]["capabilities"]["effective"]


def test_mounts_over_what_the_runtime_makes_come_last() -> None:
    config = bundle.config(plan(), ROOTFS, [("/dev/x", Path("/b/cover0"))])
    assert config["mounts"][-1]["destination"] == "/dev/x"
    paths = ("/dev/x", "/sys", "/devel", "/")
    assert [bundle.made_by_runtime(path) for path in paths] == [True, True, False, False]


def test_hosts_file() -> None:
    text = bundle.hosts_file(plan(hosts=(("10.0.0.1", "db"), ("10.0.0.1", "db.local"))))
    assert text == (
        "127.0.0.1\tlocalhost\n"
        "::1\tlocalhost ip6-localhost ip6-loopback\n"
        "127.0.1.1\tdagger\n"
        "10.0.0.1\tdb\n"
        "10.0.0.1\tdb.local\n"
    )


def test_the_content_of_secrets_is_not_shown() -> None:
    assert "hunter2" not in repr(plan(stdin=b"hunter2"))
