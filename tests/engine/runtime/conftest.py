"""Real containers for tests: a root file system out of the host's own programs, in a mount namespace of the tests."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from portable_dagger.runtime import launcher, linux
from portable_dagger.runtime.plan import BindMount, OverlayMount, ProcessPlan
from portable_dagger.runtime.process import Process, start

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.fixture(scope="session")
def namespace() -> None:
    """Move the tests into a mount namespace as the engine has one; skips without root."""
    if os.geteuid() != 0:
        pytest.skip("containers need root here")
    linux.unshare(linux.CLONE_NEWNS)
    launcher.prepare_mounts(new_processes=False)


@dataclass
class Workshop:
    """Runs plans on a base layer; keeps what they print."""

    folder: Path
    base: Path
    count: int = 0
    printed: dict[str, bytes] = field(default_factory=lambda: {"stdout": b"", "stderr": b""})

    def root(self) -> OverlayMount:
        """Return an overlay over the base with a fresh upper directory."""
        self.count += 1
        upper = self.folder / f"upper{self.count}"
        work = self.folder / f"work{self.count}"
        upper.mkdir()
        work.mkdir()
        return OverlayMount("/", (self.base,), upper, work)

    def plan(self, *args: str, **changes: Any) -> ProcessPlan:  # noqa: ANN401  the fields of a plan
        """Return a plan; the host's /usr is mounted read-only."""
        mounts = (BindMount("/usr", Path("/usr"), read_only=True), *changes.pop("mounts", ()))
        values: dict[str, Any] = {"name": "test", "root": self.root(), "env": (("PATH", PATH),)}
        return ProcessPlan(args=args, mounts=mounts, **{**values, **changes})

    def output(self, stream: Literal["stdout", "stderr"], chunk: bytes) -> None:
        """Keep a chunk."""
        self.printed[stream] += chunk

    async def start(self, plan: ProcessPlan) -> Process:
        """Start a plan."""
        self.printed = {"stdout": b"", "stderr": b""}
        return await start(plan, self.output)

    async def printed_out(self, text: bytes) -> None:
        """Wait until a process has printed something."""
        async with asyncio.timeout(10):
            while text not in self.printed["stdout"]:  # noqa: ASYNC110  bytes come in by a callback
                await asyncio.sleep(0.01)

    async def run(self, *args: str, **changes: Any) -> tuple[int, str, str]:  # noqa: ANN401
        """Run a command and return its exit code and streams."""
        return await self.run_plan(self.plan(*args, **changes))

    async def run_plan(self, plan: ProcessPlan) -> tuple[int, str, str]:
        """Run a plan and return its exit code and streams."""
        code = await (await self.start(plan)).wait()
        return code, self.printed["stdout"].decode(), self.printed["stderr"].decode()


@pytest.fixture
def workshop(namespace: None) -> Iterator[Workshop]:  # noqa: ARG001  only has to be there
    """Return a workshop on a file system that takes overlays' upper directories."""
    folder = Path(tempfile.mkdtemp(prefix="portable-dagger-test-", dir="/var/tmp"))
    base = folder / "base"
    for name in ("usr", "etc", "tmp", "root"):
        (base / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        (base / name).symlink_to(f"usr/{name}")
    (base / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (base / "etc/group").write_text("root:x:0:\n")
    yield Workshop(folder, base)
    left = [
        line for line in Path("/proc/self/mounts").read_text().splitlines() if str(folder) in line
    ]
    shutil.rmtree(folder)
    assert not left


def overlays() -> list[str]:
    """Return what is mounted for containers."""
    lines = Path("/proc/self/mounts").read_text().splitlines()
    return [line for line in lines if "/portable-dagger/bundles/" in line]
