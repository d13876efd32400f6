"""The command line against a real engine in a state directory of its own: start, stop, kill, Ctrl-C, verbs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[3]
DAGGER = str(REPOSITORY / "dagger")
SECONDS = 120

pytestmark = pytest.mark.slow


class Machine:
    """A folder to run commands in, and the state directory of their engine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.environment = {**os.environ, "PORTABLE_DAGGER_STATE": str(self.state)}

    def dagger(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [DAGGER, *words],
            cwd=self.folder,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [DAGGER, *words],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def status(self) -> dict[str, Any]:
        facts: dict[str, Any] = json.loads(self.dagger("engine", "status", "--json").stdout)
        return facts


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    # The Python environment takes long to make; it is the same for every state directory.
    subprocess.run([DAGGER, "version"], check=True, capture_output=True, timeout=SECONDS)
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    shared = Path(os.environ.get("PORTABLE_DAGGER_STATE") or Path(home) / "portable-dagger")
    made = Machine(tmp_path)
    made.state.mkdir()
    (made.state / "environment").symlink_to(shared / "environment")
    yield made
    made.dagger("engine", "stop")


def test_engine_starts_with_the_first_verb_and_stops_when_told(machine: Machine) -> None:
    assert machine.dagger("engine", "status").stdout.startswith("engine    not running\n")
    assert machine.status() == {"pid": None, "state": str(machine.state)}
    done = machine.dagger("query", "-M", given="{ defaultPlatform }")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["defaultPlatform"].startswith("linux/")
    facts = machine.status()
    assert facts["pid"] > 1
    assert facts["state"] == str(machine.state)
    assert facts["uptime"] < SECONDS
    assert facts["memory"] < 150 * 2**20
    assert facts["sessions"] == facts["running"] == []
    assert machine.dagger("engine", "stop").returncode == 0
    assert machine.status()["pid"] is None
    assert not Path(f"/proc/{facts['pid']}").exists()


def test_two_at_once_start_one_engine(machine: Machine) -> None:
    calls = [machine.start("-s", "call", "-M", "default-platform") for _ in range(3)]
    outputs = [call.communicate(timeout=SECONDS) for call in calls]
    assert [call.returncode for call in calls] == [0, 0, 0], outputs
    assert len({out for out, _ in outputs}) == 1
    log = (machine.state / "engine.log").read_text()
    assert "Error" not in log


def test_killed_engine_is_replaced(machine: Machine) -> None:
    machine.dagger("query", "-M", given="{ version }")
    first = machine.status()["pid"]
    os.kill(first, signal.SIGKILL)
    done = machine.dagger("query", "-M", given="{ version }")
    assert done.returncode == 0, done.stderr
    assert machine.status()["pid"] not in {None, first}


def test_engine_killed_within_a_request_is_told(machine: Machine) -> None:
    machine.dagger("query", "-M", given="{ version }")
    pid = machine.status()["pid"]
    (machine.folder / "q").write_text('{ secret(uri: "cmd://sleep 61") { plaintext } }')
    call = machine.start("query", "-M", "--doc", "q")
    time.sleep(1.5)
    os.kill(pid, signal.SIGKILL)
    _, errors = call.communicate(timeout=SECONDS)
    assert call.returncode == 1
    assert f"the engine (process {pid}) broke off the request" in errors.decode()
    assert machine.status()["pid"] is None


def test_state_directory_that_cannot_be_written(machine: Machine) -> None:
    file = machine.folder / "file"
    file.write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "portable_dagger.cli", "query", "-M"],
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY / "engine" / "src"),
            "PORTABLE_DAGGER_STATE": str(file / "state"),
        },
        input="{ version }",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"cannot write the state directory {file}/state: Not a directory" in done.stderr


def test_query(machine: Machine) -> None:
    (machine.folder / "q.graphql").write_text(
        "query one { version }\nquery two($name: String!) { file(name: $name, contents: $name) { name } }"
    )
    done = machine.dagger("-s", "query", "--doc", "q.graphql", "--var", "name=n", "two")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"file": {"name": "n"}}
    done = machine.dagger("-s", "query", given="{ nope }")
    assert done.returncode == 1
    assert "nope" in done.stderr


def test_run_gives_a_session_and_returns_the_exit_code(machine: Machine) -> None:
    code = (
        "import base64, json, os, sys, urllib.request as u\n"
        "token = base64.b64encode((os.environ['DAGGER_SESSION_TOKEN'] + ':').encode()).decode()\n"
        "url = f\"http://127.0.0.1:{os.environ['DAGGER_SESSION_PORT']}/query\"\n"
        "headers = {'Authorization': 'Basic ' + token, 'Content-Type': 'application/json'}\n"
        "body = json.dumps({'query': '{ version }'}).encode()\n"
        "print(json.load(u.urlopen(u.Request(url, body, headers)))['data']['version'])\n"
        "sys.exit(7)\n"
    )
    done = machine.dagger("run", "python3", "-c", code)
    assert done.returncode == 7, done.stderr
    assert done.stdout.startswith("v0.")
    assert machine.dagger("run", "no-such-program").returncode == 127


def test_session_ends_with_its_standard_input(machine: Machine) -> None:
    session = machine.start(
        "session", "--label", "dagger.io/sdk.name:python", "--workdir", str(machine.folder)
    )
    assert session.stdout is not None
    facts = json.loads(session.stdout.readline())
    assert set(facts) == {"port", "session_token"}
    (running,) = machine.status()["sessions"]
    assert running["workdir"] == str(machine.folder)
    session.communicate(timeout=10)
    assert session.returncode == 0
    deadline = time.monotonic() + 5
    while machine.status()["sessions"] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert machine.status()["sessions"] == []


def test_reader_that_goes_away(machine: Machine) -> None:
    machine.dagger("query", "-M", given="{ version }")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [DAGGER, "-s", "call", "-M", "--help"],
        env=machine.environment,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=SECONDS,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_wrong_words(machine: Machine) -> None:
    done = machine.dagger("cal")
    assert done.returncode == 1
    assert done.stderr == 'Error: unknown command "cal" for "dagger"\nHint: did you mean call?\n'
    done = machine.dagger("-w", "nowhere", "functions")
    assert done.returncode == 1
    assert 'cannot run in "nowhere": No such file or directory' in done.stderr
    done = machine.dagger("-s", "call", "-M", "directory", "entris")
    assert done.returncode == 1
    assert "did you mean entries?" in done.stderr
    done = machine.dagger("-s", "functions")
    assert done.returncode == 1
    assert "dagger.json" in done.stderr


def test_ctrl_c_stops_what_runs(machine: Machine) -> None:
    machine.dagger("query", "-M", given="{ version }")
    (machine.folder / "q").write_text('{ secret(uri: "cmd://sleep 60") { plaintext } }')
    call = machine.start("query", "-M", "--doc", "q")
    time.sleep(1.5)
    began = time.monotonic()
    call.send_signal(signal.SIGINT)
    _, errors = call.communicate(timeout=SECONDS)
    assert call.returncode == 2, errors
    assert time.monotonic() - began < 5
    assert b"stopping" in errors
    deadline = time.monotonic() + 5
    while _sleeping() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _sleeping()


def _sleeping() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                # It ended meanwhile.
                continue
            if command.startswith("sleep 60"):
                found.append(command)
    return found
