"""Module code is locked in: real processes, real namespaces."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from graphql import build_schema, introspection_from_schema

from portable_dagger.errors import WorkerError
from portable_dagger.modules import source
from portable_dagger.modules.worker import Run, Worker

TOKEN = "a-token"  # noqa: S105  of a session that does not exist

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces and mounts need root")

Runner = Callable[[str], tuple[int, str, str]]


def prepare(folder: Path, code: str) -> Run:
    """A module whose package runs `code` when it is imported; that happens before the API is asked anything."""
    package = folder / "module/src/probe"
    package.mkdir(parents=True, exist_ok=True)
    (folder / "module/dagger.json").write_text('{"name": "probe", "sdk": "python"}')
    (folder / "module/pyproject.toml").write_text('[project]\nname = "probe"')
    (package / "__init__.py").write_text(code)
    schema = folder / "schema.json"
    schema.write_text(
        json.dumps(introspection_from_schema(build_schema("type Query { a: String }")))
    )
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    module = source.find(folder / "module")
    loaded = source.collect(module)
    files = source.materialise(module, loaded, folder / "files" / loaded.digest)
    return Run(module, files, scratch, port=1, token=TOKEN, schema=schema)


@dataclass
class Working:
    """A worker and the event loop that it belongs to; starting one takes two seconds."""

    loop: asyncio.Runner
    worker: Worker


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    with asyncio.Runner() as loop:
        worker = Worker(tmp_path_factory.mktemp("worker"))
        loop.run(worker.start())
        yield Working(loop, worker)
        loop.run(worker.stop())


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens outside of this process."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  nobody could set an event
            await asyncio.sleep(0.01)


@pytest.fixture
def runner(tmp_path: Path, working: Working) -> Runner:
    """Runs code and returns (exit code, stdout, stderr)."""

    def run(code: str) -> tuple[int, str, str]:
        streams = {"stdout": b"", "stderr": b""}

        def collect(stream: str, data: bytes) -> None:
            streams[stream] += data

        exit_code = working.loop.run(working.worker.run(prepare(tmp_path, code), collect))
        return exit_code, streams["stdout"].decode(), streams["stderr"].decode()

    return run


def test_streams_and_exit_code(runner: Runner) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(4)"
    assert runner(code) == (4, "out\n", "err\n")


def test_death_by_signal(runner: Runner) -> None:
    # the first process of a pid namespace takes no signals from itself, so a real fault
    code = "import ctypes; ctypes.string_at(0)"
    assert runner(code)[0] == 128 + 11


def test_sees_no_file_of_the_host(runner: Runner) -> None:
    code = """
import json, os, sys
print(json.dumps([os.listdir("/"), os.path.exists("/home"), os.path.exists("/work"),
    os.path.exists("/root") and os.listdir("/root"), os.listdir("/tmp"), os.listdir(), open("/etc/passwd").read()]))
sys.exit()
"""
    exit_code, stdout, stderr = runner(code)
    assert (exit_code, stderr) == (0, "")
    root, home, work, of_root, temporary, scratch, accounts = json.loads(stdout)
    assert set(root) <= {
        *("bin", "dev", "etc", "lib", "lib32", "lib64", "proc", "root", "sbin", "scratch", "src"),
        *("tmp", "usr", "opt"),
    }
    assert not home
    assert not work
    assert not of_root or of_root == [".pyenv"]
    assert scratch == []
    assert all(name in os.sys.prefix for name in temporary)
    assert accounts.count("\n") == 2


def test_has_no_environment_of_the_host(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET_OF_THE_HOST", "leaked")
    code = "import os, json; print(json.dumps([dict(os.environ), open('/proc/self/environ').read()])); os._exit(0)"
    exit_code, stdout, _ = runner(code)
    environment, initial = json.loads(stdout)
    assert exit_code == 0
    assert "leaked" not in stdout
    assert environment["DAGGER_SESSION_TOKEN"] == TOKEN
    assert environment["DAGGER_MODULE"] == "probe"
    assert environment["DAGGER_MAIN_OBJECT"] == "Probe"
    assert environment["HOME"] == "/tmp"  # noqa: S108  its own one
    assert TOKEN not in initial


def test_sees_no_other_process_and_has_no_rights(runner: Runner) -> None:
    code = """
import json, os, sys
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines())
denied = []
for path in ("/x", "/src/x", "/usr/x", "/etc/x", "/proc/sys/kernel/core_pattern", "/dev/x"):
    try:
        open(path, "w")
    except OSError:
        denied.append(path)
open("/tmp/x", "w"), open("/scratch/x", "w"), open("/dev/shm/x", "w")
print(json.dumps([os.getpid(), [n for n in os.listdir("/proc") if n.isdigit()], os.getuid(),
    status["CapEff"], status["CapBnd"], status["NoNewPrivs"], denied, os.listdir("/proc/self/fd")]))
sys.exit()
"""
    exit_code, stdout, stderr = runner(code)
    assert (exit_code, stderr) == (0, "")
    pid, processes, user, effective, bounding, no_new, denied, descriptors = json.loads(stdout)
    assert (pid, processes) == (1, ["1"])
    assert user == 61000
    assert int(effective, 16) == int(bounding, 16) == 0
    assert no_new == "1"
    assert len(denied) == 6
    assert len(descriptors) == 7  # three streams, the folder being listed, the event loop's three


def test_cannot_reach_the_host_network(runner: Runner) -> None:
    code = """
import socket, sys
names = [name for _, name in socket.if_nameindex()]
try:
    socket.create_connection(("127.0.0.1", 1), 1)
except OSError as error:
    print(names, type(error).__name__)
sys.exit()
"""
    assert runner(code)[1].startswith("['lo']")


def test_scratch_is_left_for_the_engine(runner: Runner, tmp_path: Path) -> None:
    assert runner("import sys; open('made.txt', 'w').write('x'); sys.exit()")[0] == 0
    assert (tmp_path / "scratch/made.txt").read_text() == "x"


def test_own_packages_and_entry_point(tmp_path: Path, working: Working) -> None:
    plan = prepare(tmp_path, "")
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages/extra.py").write_text("import sys; print('extra'); sys.exit(5)")
    pyproject = tmp_path / "module/pyproject.toml"
    pyproject.write_text('[project.entry-points."dagger.mod"]\nmain_object = "extra:Main"')
    planned = replace(plan, module=source.find(tmp_path / "module"), packages=tmp_path / "packages")
    printed: list[bytes] = []
    code = working.loop.run(working.worker.run(planned, lambda _, data: printed.append(data)))
    assert (code, b"".join(printed)) == (5, b"extra\n")


def test_cancelling_kills_at_once(tmp_path: Path, working: Working) -> None:
    async def run() -> float:
        up = asyncio.Event()
        code = "import os, time; os.fork(); print('up'); time.sleep(60)"
        task = asyncio.ensure_future(
            working.worker.run(prepare(tmp_path, code), lambda *_: up.set())
        )
        await up.wait()
        started = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: not sleeping(tmp_path))
        return time.monotonic() - started

    def sleeping(folder: Path) -> bool:
        """Whether a process still has the module's folder mounted."""
        found = []
        for mounts in Path("/proc").glob("[0-9]*/mountinfo"):
            with contextlib.suppress(OSError):  # it ended meanwhile
                found.append(mounts.read_text(errors="replace"))
        return any(str(folder) in text for text in found)

    assert working.loop.run(run()) < 1


def test_runs_side_by_side(tmp_path: Path, working: Working) -> None:
    async def run() -> float:
        plan = prepare(tmp_path, "import sys, time; time.sleep(0.5); sys.exit(0)")
        started = time.monotonic()
        runs = (working.worker.run(plan, lambda *_: None) for _ in range(4))
        assert await asyncio.gather(*runs) == [0, 0, 0, 0]
        return time.monotonic() - started

    assert working.loop.run(run()) < 1.5


def test_a_run_is_fast(runner: Runner) -> None:
    times = []
    for _ in range(5):
        started = time.monotonic()
        assert runner("import sys; sys.exit(0)")[0] == 0
        times.append(time.monotonic() - started)
    assert (
        min(times) < 0.5
    )  # 0.05 on an idle machine; a fresh interpreter would take more than a second


def test_nothing_is_left_mounted(runner: Runner) -> None:
    before = Path("/proc/self/mounts").read_text()
    assert runner("import sys; sys.exit(0)")[0] == 0
    assert Path("/proc/self/mounts").read_text() == before


def test_what_cannot_be_locked_in_does_not_run(tmp_path: Path, working: Working) -> None:
    plan = prepare(tmp_path, "print('ran')")
    (tmp_path / "files").rename(tmp_path / "gone")
    with pytest.raises(WorkerError, match=r"could not be locked in: .*mount"):
        working.loop.run(working.worker.run(plan, lambda *_: pytest.fail("the code ran")))


def test_a_killed_worker_is_started_again(runner: Runner, working: Working) -> None:
    killed = working.worker.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    working.loop.run(until(lambda: working.worker.pid is None))
    assert runner("import sys; sys.exit(3)")[0] == 3
