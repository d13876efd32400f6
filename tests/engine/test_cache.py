"""What takes space is shown and freed, and a nearly full disk stops a run in time: with real containers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from portable_dagger.store.store import Store

REPOSITORY = Path(__file__).parents[2]
DAGGER = str(REPOSITORY / "dagger")
BASE = '{ container { from(address: "debian:bookworm-slim") { %s } } }'
WRITES = 'withExec(args: ["sh", "-c", "echo %s; head -c 2000000 /dev/urandom > /big; %s"])'

pytestmark = pytest.mark.slow


@pytest.fixture
def mark() -> str:
    return os.urandom(4).hex()


def dagger(*words: str, given: str = "") -> str:
    done = subprocess.run(
        [DAGGER, *words], input=given, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def query(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dagger("--silent", "query", "--no-mod", given=text))
    return found


def ours(mark: str) -> list[dict[str, Any]]:
    found = json.loads(dagger("cache", "--json"))["entries"]
    return [entry for entry in found if mark in entry["title"]]


def test_cache_shows_what_takes_space_and_prune_frees_it(mark: str) -> None:
    text = BASE % (WRITES % (mark, "cat /proc/sys/kernel/random/uuid") + " { stdout } ")
    first = query(text)
    assert query(text) == first
    layer = next(entry for entry in ours(mark) if entry["kind"] == "exec")
    assert 2_000_000 <= layer["size"] < 2_100_000
    assert layer["title"].startswith(f"sh -c echo {mark}")
    assert not layer["active"]
    shown = dagger("cache")
    assert shown.startswith("KIND ")
    assert mark in dagger("cache", "--all")
    assert "of the disk's" in shown
    would = dagger("prune", "--dry-run", "--json")
    assert layer["name"] in {entry["name"] for entry in json.loads(would)["entries"]}
    assert dagger("cache", "prune", "--older-than", "1w").startswith("0 B freed of 0 entries")
    assert ours(mark)
    freed = dagger("prune")
    assert " freed of " in freed
    assert ours(mark) == []
    # The engine still runs and remembers results whose files are gone: they are made anew.
    assert query(text) != first


def test_what_a_running_session_uses_survives_a_prune(mark: str) -> None:
    text = BASE % (
        WRITES % (mark, "true")
        + ' { withExec(args: ["sleep", "10"]) { file(path: "/big") { size } } }'
    )
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(query, text)
        deadline = time.monotonic() + 60
        while not (found := ours(mark)) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert all(entry["active"] for entry in found)
        dagger("prune")
        assert not running.done()
        assert "'size': 2000000" in str(running.result(30))


def test_the_api_shows_and_prunes_the_cache(mark: str) -> None:
    query(BASE % (WRITES % (mark, "true") + " { stdout }"))
    fields = (
        "entryCount diskSpaceBytes entries { description diskSpaceBytes activelyUsed recordType }"
    )
    text = "{ engine { name clients localCache { maxUsedSpace entrySet { " + fields + " } } } }"
    engine = query(text)["engine"]
    found = engine["localCache"]["entrySet"]
    assert found["entryCount"] == len(found["entries"])
    assert found["diskSpaceBytes"] == sum(e["diskSpaceBytes"] for e in found["entries"])
    assert any(mark in entry["description"] for entry in found["entries"])
    assert len(engine["clients"]) == 1
    kept = '{ engine { localCache { prune(maxUsedSpace: "900GB", minFreeSpace: "0") } } }'
    assert query(kept) == {"engine": {"localCache": {"prune": None}}}
    assert ours(mark)


def test_a_command_has_no_business_with_the_engine() -> None:
    python = (
        "import os, urllib.request, base64;"
        "token = base64.b64encode((os.environ['DAGGER_SESSION_TOKEN'] + ':').encode()).decode();"
        "port = os.environ['DAGGER_SESSION_PORT'];"
        "request = urllib.request.Request(f'http://127.0.0.1:{port}/query',"
        ' data=b\'{\\"query\\": \\"{ engine { localCache { prune } } }\\"}\','
        " headers={'Authorization': f'Basic {token}', 'Content-Type': 'application/json'});"
        "print(urllib.request.urlopen(request).read().decode())"
    )
    text = (
        '{ container { from(address: "python:3.11-slim") { withExec(args: ["python3", "-c", %s],'
        " experimentalPrivilegedNesting: true) { stdout } } } }"
    )
    answer = query(text % json.dumps(python))["container"]["from"]["withExec"]["stdout"]
    assert "only the session's own client may look at the engine" in answer


def test_a_nearly_full_disk_stops_a_run_with_figures(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "none", state], check=True)
    environment = {**os.environ, "PORTABLE_DAGGER_STATE": str(state)}
    environment["PORTABLE_DAGGER_DISK_FLOOR"] = "8MB"
    environment["PYTHONPATH"] = str(REPOSITORY / "engine" / "src")
    command = [sys.executable, "-m", "portable_dagger.cli"]

    def write(name: str, size: int) -> subprocess.CompletedProcess[str]:
        contents = name * (size // len(name))
        text = '{ directory { withNewFile(path: "%s", contents: "%s") { entries } } }'
        return subprocess.run(
            [*command, "query", "--no-mod"],
            env=environment,
            input=text % (name, contents),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    try:
        for name in ("a", "b"):
            assert write(name, 7_000_000).returncode == 0
        # The third needs room: what earlier runs left is collected before it.
        assert write("c", 7_000_000).returncode == 0
        (state / "someone else's").write_bytes(b"x" * 8_000_000)
        failed = write("d", 100_000)
        assert failed.returncode == 0, failed.stderr
        (state / "someone else's too").write_bytes(b"x" * 6_000_000)
        failed = write("e", 100_000)
        assert failed.returncode == 1
        assert f"the file system of {state}/store is nearly full" in failed.stderr
        assert "MB of 21.0 MB are free" in failed.stderr
        assert "dagger prune --all" in failed.stderr
        (state / "someone else's").unlink()
        assert write("e", 100_000).returncode == 0
    finally:
        subprocess.run([*command, "engine", "stop"], env=environment, check=False)
        subprocess.run(["umount", state], check=True)


def test_the_engine_stops_at_once_while_it_measures(tmp_path: Path) -> None:
    state = tmp_path / "state"
    environment = {**os.environ, "PORTABLE_DAGGER_STATE": str(state)}
    environment["PYTHONPATH"] = str(REPOSITORY / "engine" / "src")
    command = [sys.executable, "-m", "portable_dagger.cli"]
    store = Store(state / "store")
    for number in range(10):
        folder = store.volume_path(str(number))
        for name in range(10_000):
            (folder / str(name)).touch()
    store.close()
    subprocess.run(
        [*command, "--silent", "query", "--no-mod"],
        env=environment,
        input="{ version }",
        text=True,
        check=True,
    )
    measuring = subprocess.Popen([*command, "cache"], env=environment, stderr=subprocess.PIPE)
    time.sleep(0.3)
    began = time.monotonic()
    subprocess.run([*command, "engine", "stop"], env=environment, check=True)
    took = time.monotonic() - began
    measuring.communicate(timeout=10)
    log = (state / "engine.log").read_text()
    assert "Traceback" not in log
    assert took < 5, "on a machine shared by many; about half a second alone"
