"""The engine's processes, for real: what their ends leave behind."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from ipaddress import IPv4Interface
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portable_dagger.runtime import uplink
from portable_dagger.runtime.netlink import Netlink

if TYPE_CHECKING:
    from collections.abc import Iterator

# An engine that runs one container and leaves an orphan to its init.
ENGINE = """
import asyncio, json, os, signal, subprocess, sys, tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from portable_dagger.runtime.launcher import launch
from portable_dagger.runtime.plan import BindMount, OverlayMount, ProcessPlan
from portable_dagger.runtime.process import start
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

def run(started):
    async def main():
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        await started.network.open()
        slot = await started.network.acquire("one")
        (started.state / "base/usr").mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(dir=started.state))
        for name in ("upper", "work"):
            (stage / name).mkdir()
        root = OverlayMount("/", (started.state / "base",), stage / "upper", stage / "work")
        usr = BindMount("/usr", Path("/usr"), read_only=True)
        args = ("/usr/lib64/ld-linux-x86-64.so.2", "/usr/bin/sleep", sys.argv[2])
        for name in ("lib", "lib64"):
            link = started.state / "base" / name
            link.is_symlink() or link.symlink_to("usr/" + name)
        plan = ProcessPlan("launched", args, root, mounts=(usr,), network=slot)
        process = await start(plan, lambda stream, data: print(stream, data, flush=True))
        subprocess.run(["sh", "-c", "sleep 0.1 &"], check=True)
        await asyncio.sleep(0.3)
        zombies = [p for p in os.listdir("/proc") if p.isdigit() and "Z (zombie)" in open(f"/proc/{p}/status").read()]
        facts = {"pid": started.pid, "inner": os.getpid(), "zombies": zombies,
                 "port": started.listener.getsockname()[1], "network": os.readlink("/proc/self/ns/net"),
                 "gateway": started.network.gateway}
        (started.state / "engine.new").write_text(json.dumps(facts))
        (started.state / "engine.new").rename(started.state / "engine.json")
        await stop.wait()
        await process.kill()
        await started.network.release(slot)
        await started.network.close()
    asyncio.run(main())

launch(Path(sys.argv[1]), run)
"""


STARTED: list[Engine] = []
# What the container sleeps: tells these tests' processes from all others.
SECONDS = str(100_000 + secrets.randbelow(1_000_000))


class Engine:
    """A launched engine."""

    def __init__(self, state: Path) -> None:
        self.state = state
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", ENGINE, str(state), SECONDS],
            env=environment,
            start_new_session=True,
        )
        self.facts: dict[str, object] = {}
        STARTED.append(self)
        while self.facts.get("pid") != self.process.pid:
            assert self.process.poll() is None
            time.sleep(0.05)
            # A killed engine's file stays until the next one has started.
            if (state / "engine.json").exists():
                self.facts = json.loads((state / "engine.json").read_text())
        self.init = children(self.process.pid)[0]

    def wait(self) -> int:
        return self.process.wait(timeout=10)


def children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def routed(engine: Engine) -> bool:
    """Say whether the host has a route to the engine's containers."""
    network = IPv4Interface(f"{engine.facts['gateway']}/22").network
    with Netlink() as netlink:
        return any(network == known for known, _ in netlink.routes())


def sleepers() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if words[-3:-1] == [b"/usr/bin/sleep", SECONDS.encode()]:
            found.append(str(path))
    return found


def wait_until_gone() -> None:
    for _ in range(100):
        if not sleepers():
            return
        time.sleep(0.05)
    raise AssertionError(sleepers())


@pytest.fixture
def state() -> Iterator[Path]:
    """Return a state directory where overlays can write."""
    if os.geteuid() != 0:
        pytest.skip("the engine needs root")
    with tempfile.TemporaryDirectory(prefix="portable-dagger-test-", dir="/var/tmp") as folder:
        yield Path(folder)
        for engine in STARTED:
            if engine.process.poll() is None:
                engine.process.terminate()
                engine.wait()
        STARTED.clear()


def assert_clean(engine: Engine) -> None:
    wait_until_gone()
    assert not routed(engine)
    assert not (engine.state / "engine.json").exists()
    assert not (engine.state / "run").exists()
    assert str(engine.state) not in Path("/proc/self/mounts").read_text()


def test_an_engine_ends_when_asked(state: Path) -> None:
    engine = Engine(state)
    assert engine.facts["pid"] == engine.process.pid
    assert engine.facts["inner"] == 2
    assert engine.facts["zombies"] == []
    assert engine.facts["network"] == str(Path("/proc/self/ns/net").readlink())
    assert len(sleepers()) == 2  # the command and its init
    assert routed(engine)
    engine.process.terminate()
    assert engine.wait() == 0
    assert_clean(engine)


def test_a_second_engine_is_refused(state: Path) -> None:
    engine = Engine(state)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    second = subprocess.run(
        [sys.executable, "-c", ENGINE, str(state), SECONDS],
        env=environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert second.returncode == 1
    assert "another engine runs with the state directory" in second.stderr
    engine.process.terminate()
    assert engine.wait() == 0


def test_init_killed(state: Path) -> None:
    engine = Engine(state)
    os.kill(engine.init, signal.SIGKILL)
    assert engine.wait() == 128 + 9
    assert_clean(engine)


def test_the_engine_killed(state: Path) -> None:
    engine = Engine(state)
    os.kill(children(engine.init)[0], signal.SIGKILL)
    assert engine.wait() == 128 + 9
    assert_clean(engine)


def test_everything_killed_and_the_next_start_cleans_up(state: Path) -> None:
    engine = Engine(state)
    os.kill(engine.process.pid, signal.SIGKILL)
    engine.process.wait()
    wait_until_gone()
    assert str(state) not in Path("/proc/self/mounts").read_text()
    after = Engine(state)
    assert routed(after)
    after.process.terminate()
    assert after.wait() == 0
    assert_clean(after)
    own = {f"portable_dagger_{p.name}" for p in uplink.REGISTRY.glob("[0-9]*")}
    nft = shutil.which("nft", path=uplink.PROGRAMS) or ""
    listed = subprocess.run([nft, "list", "tables"], capture_output=True, text=True, check=True)
    tables = {line.split()[-1] for line in listed.stdout.splitlines() if "portable_dagger" in line}
    assert tables <= own
