"""Limits on memory and processes, with the kernel's control groups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import LimitError, QueryError
from portable_dagger.runtime import limits
from portable_dagger.runtime.limits import Limits, configured, group_name

if TYPE_CHECKING:
    from tests.engine.runtime.conftest import Workshop

STATE = Path("/state-of-the-tests-of-limits")
ENGINE = group_name(STATE)
FORKS = (
    "import os,time\n"
    "for n in range(40):\n"
    "    if os.fork() == 0: time.sleep(20); os._exit(0)\n"
    "print('made')\n"
)
EATS = "print(len(bytearray(300_000_000)))"


def groups() -> list[Path]:
    """Return the groups there are of the engine that these tests stand for."""
    return sorted(limits.MOUNT.glob(f"**/{limits.PARENT}/{ENGINE}/*/"))


@pytest.mark.parametrize(
    ("memory", "processes", "wanted"),
    [("", "", Limits()), ("512MB", "", Limits(512_000_000)), ("1GiB", "64", Limits(1 << 30, 64))],
)
def test_settings(memory: str, processes: str, wanted: Limits) -> None:
    environment = {limits.MEMORY: memory, limits.PROCESSES: processes}
    found = configured(environment, STATE)
    assert (found.memory, found.processes) == (wanted.memory, wanted.processes)
    assert found.any == bool(memory or processes)


def test_settings_that_are_none_are_named() -> None:
    with pytest.raises(LimitError, match="PORTABLE_DAGGER_PROCESSES='many' is no number"):
        configured({limits.PROCESSES: "many"}, STATE)
    with pytest.raises(QueryError, match="PORTABLE_DAGGER_MEMORY: 'much' is no size"):
        configured({limits.MEMORY: "much"}, STATE)


async def test_a_container_stops_at_its_memory(workshop: Workshop) -> None:
    limit = Limits(memory=100_000_000, engine=ENGINE)
    code, out, err = await workshop.run("/usr/bin/python3", "-c", EATS, limits=limit)
    assert (code, out) == (137, "")
    assert "killed at the limit of 100 MB of memory (PORTABLE_DAGGER_MEMORY)" in err
    assert groups() == []
    code, out, err = await workshop.run("/usr/bin/python3", "-c", EATS)
    assert (code, out, err) == (0, "300000000\n", "")


async def test_a_container_stops_at_its_processes(workshop: Workshop) -> None:
    limit = Limits(processes=30, engine=ENGINE)
    code, out, err = await workshop.run("/usr/bin/python3", "-c", FORKS, limits=limit)
    assert (code, out) == (1, "")
    assert "BlockingIOError" in err
    assert "it met the limit of 30 processes (PORTABLE_DAGGER_PROCESSES)" in err
    assert groups() == []


async def test_within_its_limits_nothing_is_said(workshop: Workshop) -> None:
    limit = Limits(memory=100_000_000, processes=30, engine=ENGINE)
    assert await workshop.run("sh", "-c", "exit 3", limits=limit) == (3, "", "")


def test_what_a_killed_engine_left_is_removed(namespace: None) -> None:  # noqa: ARG001
    limits.make(Limits(processes=5, engine=ENGINE), "left")
    assert len(groups()) in {1, 2}
    limits.clean(STATE)
    assert groups() == []


def test_version_2_makes_the_group_where_controllers_are_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The layout that systemd makes; the files of an ordinary folder show what the kernel would be told."""
    slice_ = tmp_path / "user.slice"
    scope = slice_ / "session-3.scope"
    scope.mkdir(parents=True)
    (slice_ / "cgroup.subtree_control").write_text("cpu memory pids\n")
    (scope / "cgroup.subtree_control").write_text("")
    own = tmp_path / "own"
    own.write_text("0::/user.slice/session-3.scope\n")
    monkeypatch.setattr(limits, "MOUNT", tmp_path)
    monkeypatch.setattr(limits, "OWN", own)
    group = limits.make(Limits(memory=1000, processes=5, engine=ENGINE), "container")
    engine = slice_ / limits.PARENT / ENGINE
    assert group.folders == (engine / "container",)
    written = {
        name: (engine / "container" / name).read_text() for name in ("memory.max", "pids.max")
    }
    assert written == {"memory.max": "1000", "pids.max": "5"}
    for folder in (slice_, engine.parent, engine):
        assert (folder / "cgroup.subtree_control").read_text() == "+memory +pids"
    (engine / "container" / "memory.events").write_text("low 0\noom 3\noom_kill 1\n")
    assert group.exceeded().startswith("processes were killed at the limit of 0 MB of memory")


def test_without_control_groups_the_error_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = tmp_path / "nothing"
    nothing.write_text("")
    monkeypatch.setattr(limits, "MOUNT", nothing)
    with pytest.raises(LimitError, match="limits cannot be set: ") as raised:
        limits.make(Limits(processes=5), "container")
    assert raised.value.hint.startswith("unset PORTABLE_DAGGER_MEMORY")
