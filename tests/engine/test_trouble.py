"""What goes wrong on real machines, each tried with real containers: images, services, full disks, kills, Ctrl-C.

One state directory serves the whole run (PORTABLE_DAGGER_STATE, or the user's), so that the base image is built once.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[2]
DAGGER = str(REPOSITORY / "dagger")
SECONDS = 300
BASE = '{ container { from(address: "debian:bookworm-slim") { %s } } }'

pytestmark = pytest.mark.slow


def query(text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DAGGER, "query", "--no-mod", "--progress", "plain"],
        env={**os.environ, **environment},
        input=text,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def status() -> dict[str, Any]:
    done = subprocess.run(
        [DAGGER, "engine", "status", "--json"], capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def commands() -> list[str]:
    """The command lines of every process of the machine."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip())
            except OSError:
                continue  # it ended meanwhile
    return found


def wait_until_gone(command: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while command in commands() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert command not in commands()


def started(text: str, command: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start a query and return once the command that it runs is there."""
    (folder / "query").write_text(text)
    running = subprocess.Popen(
        [DAGGER, "query", "--no-mod", "--doc", folder / "query"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while command not in commands() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert command in commands()
    return running


@pytest.fixture(scope="module", autouse=True)
def base_image() -> Iterator[None]:
    done = query(BASE % 'withExec(args: ["true"]) { exitCode }')
    assert done.returncode == 0, done.stderr
    yield
    subprocess.run([DAGGER, "engine", "stop"], check=True, capture_output=True)


def test_an_image_that_is_not_to_be_had() -> None:
    done = query('{ container { from(address: "nobody/nothing:none") { sync } } }')
    assert done.returncode == 1
    for part in ("nobody/nothing:none", "own store: not there", "registry:", "stand-in: none for"):
        assert part in done.stderr
    assert "make its registry reachable" in done.stderr


def test_a_directory_that_does_not_exist() -> None:
    done = query('{ host { directory(path: "never/there") { entries } } }')
    assert done.returncode == 1
    assert "never/there: no such file or directory" in done.stderr


def test_a_service_that_dies_before_it_is_healthy() -> None:
    service = (
        'withExposedPort(port: 80) { asService(args: ["sh", "-c", "echo cannot bind >&2; exit 3"])'
        " { start } }"
    )
    done = query(BASE % service)
    assert done.returncode == 3
    assert "cannot bind" in done.stderr


def test_a_chain_of_three_hundred_calls() -> None:
    calls = "".join(f'{{ withNewFile(path: "f{n}", contents: "{n}") ' for n in range(300))
    done = query("{ directory " + calls + "{ entries }" + " }" * 301)
    assert done.returncode == 0, done.stderr
    assert '"f299"' in done.stdout


def test_a_failed_command_names_itself_and_its_last_lines() -> None:
    done = query(BASE % 'withExec(args: ["sh", "-c", "echo last words; exit 41"]) { sync }')
    assert done.returncode == 41
    assert "exit code: 41" in done.stderr
    assert "last words" in done.stderr


def test_a_full_disk(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", state], check=True)
    environment = {**os.environ, "PORTABLE_DAGGER_STATE": str(state)}
    environment["PYTHONPATH"] = str(REPOSITORY / "engine" / "src")
    command = [sys.executable, "-m", "portable_dagger.cli"]
    try:
        text = '{ directory { withNewFile(path: "big", contents: "%s") { entries } } }'
        done = subprocess.run(
            [*command, "query", "--no-mod"],
            env=environment,
            input=text % ("x" * 8_000_000),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 1
        assert "no space left on the file system" in done.stderr
        assert "PORTABLE_DAGGER_STATE" in done.stderr
        done = subprocess.run(
            [*command, "query", "--no-mod"],
            env=environment,
            input=text % "small",
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    finally:
        subprocess.run([*command, "engine", "stop"], env=environment, check=False)
        subprocess.run(["umount", state], check=True)


def test_a_killed_engine_loses_no_finished_step(tmp_path: Path) -> None:
    mark = os.urandom(4).hex()
    first = f'withExec(args: ["sh", "-c", "echo {mark}; cat /proc/sys/kernel/random/uuid"])'
    before = json.loads(query(BASE % (first + " { stdout }")).stdout)
    text = BASE % (first + ' { withExec(args: ["sleep", "321"]) { stdout } }')
    running = started(text, "sleep 321", tmp_path)
    os.kill(status()["pid"], signal.SIGKILL)
    assert running.wait(30) != 0
    wait_until_gone("sleep 321", 5)
    after = json.loads(query(BASE % (first + " { stdout }")).stdout)
    assert after == before


def test_ctrl_c_leaves_nothing_running_within_five_seconds(tmp_path: Path) -> None:
    running = started(BASE % 'withExec(args: ["sleep", "432"]) { stdout }', "sleep 432", tmp_path)
    running.send_signal(signal.SIGINT)
    began = time.monotonic()
    assert running.wait(10) == 2
    wait_until_gone("sleep 432", 5 - (time.monotonic() - began))
    assert status()["running"] == []


def test_a_program_of_another_platform_says_how_to_run_it(tmp_path: Path) -> None:
    own = Path("/bin/true").read_bytes()
    # The ELF header's e_machine (elf.h): one that neither this machine nor an emulator has.
    (tmp_path / "foreign").write_bytes(own[:18] + b"\xfe\xfe" + own[20:])
    (tmp_path / "foreign").chmod(0o755)
    done = query(
        f'{{ host {{ file(path: "{tmp_path}/foreign") {{ id }} }} }}',
    )
    assert done.returncode == 0, done.stderr
    file = json.loads(done.stdout)["host"]["file"]["id"]
    put = f'withFile(path: "%s", source: "{file}")'
    text = f'{put % "/bin/sh"} {{ {put % "/foreign"} {{ withExec(args: ["/foreign"]) {{ stdout }} }} }}'
    done = query(f'{{ container(platform: "linux/s390x") {{ {text} }} }}')
    assert done.returncode != 0
    assert "runs no programs of linux/s390x: install an emulator" in done.stderr


def test_limits_hold_for_containers_and_functions(tmp_path: Path) -> None:
    subprocess.run([DAGGER, "engine", "stop"], check=True, capture_output=True)
    (tmp_path / "dagger.json").write_text('{"name": "eats", "sdk": "python"}')
    (tmp_path / "src" / "eats").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "eats"\nversion = "0"\n')
    (tmp_path / "src" / "eats" / "__init__.py").write_text(
        "import dagger\n\n\n@dagger.object_type\nclass Eats:\n    @dagger.function\n"
        "    def much(self, size: int) -> int:\n        return len(bytearray(size))\n"
    )
    limit = {"PORTABLE_DAGGER_MEMORY": "200MB"}
    try:
        done = query(
            BASE % 'withExec(args: ["sh", "-c", "head -c 400m /dev/zero | tail"]) { stdout }',
            **limit,
        )
        assert done.returncode != 0
        assert "killed at the limit of 200 MB of memory (PORTABLE_DAGGER_MEMORY)" in done.stderr
        for size, code in (("1000", 0), ("400000000", 137)):
            called = subprocess.run(
                [DAGGER, "-m", str(tmp_path), "call", "much", "--size", size],
                capture_output=True,
                text=True,
                check=False,
            )
            assert (called.returncode != 0) == (code != 0), called.stderr
            assert ("killed at the limit of 200 MB" in called.stderr) == (code != 0)
    finally:
        subprocess.run([DAGGER, "engine", "stop"], check=True, capture_output=True)


@pytest.mark.parametrize("setting", ["MEMORY", "PROCESSES", "CACHE_MAX", "DISK_FLOOR"])
def test_a_setting_that_does_not_parse_is_named(setting: str) -> None:
    subprocess.run([DAGGER, "engine", "stop"], check=True, capture_output=True)
    done = query("{ version }", **{f"PORTABLE_DAGGER_{setting}": "much"})
    assert done.returncode != 0
    assert f"PORTABLE_DAGGER_{setting}" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_calls_at_once_share_their_work() -> None:
    text = BASE % (
        f'withEnvVariable(name: "N", value: "{os.urandom(4).hex()}")'
        ' { withExec(args: ["sh", "-c", "sleep 1; cat /proc/sys/kernel/random/uuid"]) { stdout } }'
    )
    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(lambda _: query(text), range(2))
    assert one.returncode == two.returncode == 0, one.stderr + two.stderr
    assert json.loads(one.stdout) == json.loads(two.stdout)


def traces(state: str) -> set[str]:
    """What an engine leaves on the machine while it runs: links, nft tables, mounts, processes."""
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True)
    tables = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True)
    found = {line.split(":")[1].strip() for line in links.stdout.splitlines()}
    found |= set(tables.stdout.splitlines())
    found |= {m.split()[1] for m in Path("/proc/self/mounts").read_text().splitlines()}
    return found | {command for command in commands() if state in command}


def test_nothing_is_left_after_the_engine_ended() -> None:
    state = str(status()["state"])
    subprocess.run([DAGGER, "engine", "stop"], check=True, capture_output=True)
    before = traces(state)
    assert query(BASE % 'withExec(args: ["true"]) { exitCode }').returncode == 0
    ours = traces(state) - before
    assert len(ours) > 2
    subprocess.run([DAGGER, "engine", "stop"], check=True, capture_output=True)
    deadline = time.monotonic() + 10
    while traces(state) & ours and time.monotonic() < deadline:
        time.sleep(0.1)
    assert traces(state) & ours == set()
