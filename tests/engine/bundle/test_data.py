"""Files of running services: nothing writes while they are taken."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portable_dagger.bundle import data

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITER = """
import os, sys, time
if os.fork() == 0:
    pass
count = 0
with open(sys.argv[1] + str(os.getpid()), "w") as file:
    while True:
        count += 1
        file.write(f"{count}\\n")
        file.flush()
        if count % 50 == 0 and os.fork() == 0:
            os._exit(0)
"""


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[int]:
    """Two processes that write and fork without end, in a pid namespace of their own; the id of its process 1."""
    if os.geteuid() != 0:
        pytest.skip("namespaces need root here")
    command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
    outer = subprocess.Popen([*command, sys.executable, "-c", WRITER, f"{tmp_path}/count-"])
    try:
        until = time.monotonic() + 20
        while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()
        yield int(children[0])
    finally:
        outer.kill()
        outer.wait()


def sizes(folder: Path) -> list[int]:
    return sorted(path.stat().st_size for path in folder.iterdir())


def test_nothing_is_written_while_all_stand_still(writers: int, tmp_path: Path) -> None:
    with data.standing_still(writers):
        before = sizes(tmp_path)
        time.sleep(0.2)
        assert sizes(tmp_path) == before
        assert len(list(data.processes(writers))) >= 2
    until = time.monotonic() + 10
    while sizes(tmp_path) == before and time.monotonic() < until:
        time.sleep(0.01)
    assert sizes(tmp_path) != before


def test_all_go_on_after_an_error(writers: int) -> None:
    with pytest.raises(ZeroDivisionError), data.standing_still(writers):
        _ = 1 / 0
    states = {
        Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0]
        for pid in data.processes(writers)
    }
    assert "T" not in states


def test_a_process_that_has_gone_has_no_namespace() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert list(data.processes(ended.pid)) == []
    with data.standing_still(ended.pid):
        pass
