"""Another time for commands: what a container needs for it, and real ones that have it."""

from __future__ import annotations

import platform
import time
from typing import TYPE_CHECKING, Any

import pytest

from portable_dagger.runtime import clock
from portable_dagger.store.tree import Tree
from tests.engine.runtime.conftest import PATH

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.runtime.conftest import Workshop

BEGIN = 1_600_000_000.25  # 2020-09-13T12:26:40Z
LOADER = clock.LOADERS.get(platform.machine(), "")
LIBRARY = b"\x7fELF\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.4\0GLIBC_PRIVATE\0"


def made(root: Path, *versions: str) -> Tree:
    """Make a root file system with a C library of some versions, as Debian lays it out."""
    folder = root / f"lib/{platform.machine()}-linux-gnu"
    folder.mkdir(parents=True)
    (folder / "libc.so.6").write_bytes(b"\0".join([b"", *(v.encode() for v in versions), b""]))
    (folder / "loader").touch()
    loader = root / LOADER[1:]
    loader.parent.mkdir(exist_ok=True)
    loader.symlink_to(f"/{folder.relative_to(root)}/loader")
    return Tree([root])


def test_which_versions_a_library_names() -> None:
    assert clock.newest(LIBRARY) == (2, 34)
    assert clock.newest(b"musl") is None


def test_what_is_in_the_way(tmp_path: Path) -> None:
    library = tmp_path / clock.NAME
    library.write_bytes(LIBRARY)
    new = made(tmp_path / "new", "GLIBC_2.2.5", "GLIBC_2.36")
    assert clock.obstacle(library, new, {}) == ""
    old = made(tmp_path / "old", "GLIBC_2.2.5", "GLIBC_2.31")
    said = "its glibc is 2.31, and the library needs 2.34"
    assert clock.obstacle(library, old, {}) == said
    (tmp_path / "musl").mkdir()
    assert "not linked with glibc" in clock.obstacle(library, Tree([tmp_path / "musl"]), {})
    assert "of different kinds" in clock.obstacle(library, made(tmp_path / "other"), {})


def test_a_container_with_the_library_of_its_own_is_left_alone(tmp_path: Path) -> None:
    library = tmp_path / clock.NAME
    library.write_bytes(LIBRARY)
    root = tmp_path / "root"
    tree = made(root, "GLIBC_2.36")
    own = "it has a libfaketime of its own"
    for environment in ({"FAKETIME": "-1d"}, {"LD_PRELOAD": "/x/libfaketimeMT.so.1"}):
        assert own in clock.obstacle(library, tree, environment)
    folder = root / clock.folders(platform.machine())[0][1:]
    folder.mkdir(parents=True)
    (folder / clock.NAME).touch()
    assert own in clock.obstacle(library, tree, {})


def test_the_difference_is_in_whole_seconds() -> None:
    given = clock.variables({"LD_PRELOAD": "/a.so:/b.so /c.so"}, 1000.25, 5000.5)
    assert given["FAKETIME"] == "-4000"
    assert given["LD_PRELOAD"] == "/a.so:/b.so /c.so /.clock/libfaketime.so.1"
    assert clock.variables({}, 5000.5, 1000.25)["FAKETIME"] == "+4001"


async def began(
    workshop: Workshop, *args: str, plan: dict[str, Any] | None = None, **variables: str
) -> str:
    """Run a command that begins at BEGIN and return what it printed."""
    library = clock.find()
    if library is None:
        pytest.fail(f"no {clock.NAME}; apt-get install {clock.PACKAGE}")
    own = {"PATH": PATH, **variables}
    env = {**own, **clock.variables(own, BEGIN, time.time())}
    mounts = clock.mounts(library, workshop.folder / "clock")
    planned = workshop.plan(*args, env=tuple(env.items()), mounts=mounts, **(plan or {}))
    code, out, err = await workshop.run_plan(planned)
    assert code == 0, err
    assert err == ""
    assert planned.root.upper is not None
    assert list(planned.root.upper.rglob("clock*")) == []
    return out


def near(seconds: str | float, since: float = 0.0) -> bool:
    """Whether a time is one that a command which began at BEGIN could find, after some seconds."""
    return BEGIN <= float(seconds) - since < BEGIN + 10


async def test_programs_find_the_time_and_it_goes_on(workshop: Workshop) -> None:
    script = (
        "date +%s.%N; python3 -c 'import time; print(time.time())'; echo $EPOCHREALTIME; sleep 1.1;"
        # A child of a child, and one that got a time zone of its own.
        " bash -c \"bash -c 'date +%s.%N'\"; TZ=America/New_York date +%s.%N; echo $SECONDS"
    )
    *times, seconds = (await began(workshop, "bash", "-c", script)).split()
    assert all(near(text) for text in times), times
    assert times == sorted(times, key=float)
    assert float(times[3]) - float(times[2]) > 1.1
    assert int(seconds) in {1, 2}
    shown = await began(workshop, "date", "+%F %T", TZ="Asia/Tokyo")
    assert shown.startswith("2020-09-13 21:26:4")


async def test_python_finds_the_day(workshop: Workshop) -> None:
    script = "import datetime as d; print(d.datetime.now(d.UTC).date(), d.date.today())"
    assert await began(workshop, "python3", "-c", script) == "2020-09-13 2020-09-13\n"


WAITS = """
import asyncio, multiprocessing, queue, signal, subprocess, threading, time
def timed(work):
    began = time.monotonic()
    try: work()
    except (queue.Empty, subprocess.TimeoutExpired): pass
    print(round(time.monotonic() - began, 1))
timed(lambda: time.sleep(0.3))
timed(lambda: threading.Event().wait(0.3))
timed(lambda: queue.Queue().get(timeout=0.3))
timed(lambda: asyncio.run(asyncio.sleep(0.3)))
timed(lambda: subprocess.run(["sleep", "5"], timeout=0.3))
timed(lambda: subprocess.run(["timeout", "0.3", "sleep", "5"]))
timed(lambda: multiprocessing.Semaphore(0).acquire(timeout=0.3))
timed(lambda: signal.setitimer(signal.ITIMER_REAL, 0.3) and None or signal.sigwait([signal.SIGALRM]))
"""


async def test_waits_take_as_long_as_ever(workshop: Workshop) -> None:
    block = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\n"
    waited = (await began(workshop, "python3", "-c", block + WAITS)).split()
    assert len(waited) == WAITS.count("timed(lambda")
    # Not at once, nor never; a busy machine is late.
    assert all(0.3 <= float(text) <= 2 for text in waited), waited


async def test_times_of_files_are_the_machines(workshop: Workshop) -> None:
    known = workshop.base / "etc/passwd"
    script = (
        "import os, sys; print(os.stat('/etc/passwd').st_mtime); open('/tmp/new', 'w').close();"
        "print(os.stat('/tmp/new').st_mtime); os.utime('/tmp/new', (5, 5)); print(os.stat('/tmp/new').st_mtime)"
    )
    old, new, told = (await began(workshop, "python3", "-c", script)).split()
    assert float(old) == known.stat().st_mtime
    assert time.time() - 10 < float(new) < time.time() + 1
    assert float(told) == 5


async def test_users_without_rights_find_it_too(workshop: Workshop) -> None:
    script = "echo $EPOCHREALTIME; date +%s.%N; ls /dev/shm; id -u"
    *times, one, other, user = (
        await began(workshop, "bash", "-c", script, plan={"uid": 1000})
    ).split()
    assert all(near(text) for text in times), times
    # No process makes more of them, which would stay behind those that are killed.
    assert (one, other, user) == ("clock", "sem.clock", "1000")


async def test_other_libraries_stay_preloaded(workshop: Workshop) -> None:
    script = "grep -o 'lib[a-z]*.so[.0-9]*$' /proc/self/maps | sort -u; date +%s"
    out = await began(workshop, "sh", "-c", script, LD_PRELOAD="libm.so.6")
    *libraries, seconds = out.split()
    assert {"libm.so.6", "libfaketime.so.1"} <= set(libraries)
    assert near(seconds, -1)
