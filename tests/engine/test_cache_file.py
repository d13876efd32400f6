"""What one state saves another one loads: with real engines and containers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[2]
DAGGER = str(REPOSITORY / "dagger")
BASE = '{ container { from(address: "debian:bookworm-slim") { %s } } }'
RANDOM = 'withExec(args: ["sh", "-c", "echo %s; rm -f /etc/motd; cat /proc/sys/kernel/random/uuid >/made"])'
MADE = ' { file(path: "/made") { contents } }'

pytestmark = pytest.mark.slow


@pytest.fixture
def mark() -> str:
    return os.urandom(4).hex()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Path]:
    """Give an empty state with the Python environments of the other one; its engine ends with the test."""
    state = tmp_path / "state"
    state.mkdir()
    home = os.environ.get("XDG_STATE_HOME", f"{Path.home()}/.local/state")
    ours = Path(os.environ.get("PORTABLE_DAGGER_STATE", f"{home}/portable-dagger"))
    (state / "environment").symlink_to(ours / "environment")
    yield state
    dagger("engine", "stop", state=state)


def dagger(
    *words: str, given: str = "", state: Path | None = None, code: int = 0, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **variables}
    if state is not None:
        environment["PORTABLE_DAGGER_STATE"] = str(state)
    done = subprocess.run(
        [DAGGER, "--silent", *words],
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=environment,
    )
    assert done.returncode == code, done.stderr
    return done


def query(text: str, state: Path | None = None) -> str:
    value: Any = json.loads(dagger("query", "--no-mod", given=text, state=state).stdout)
    while isinstance(value, dict):
        (value,) = value.values()
    return str(value)


def test_a_command_is_not_run_again_in_the_state_that_loaded_it(
    mark: str, fresh: Path, tmp_path: Path
) -> None:
    file = tmp_path / "dagger.cache"
    text = BASE % (RANDOM % mark + MADE)
    first = query(text)
    dagger("cache", "save", "--used-within", "30s", str(file))
    # No Debian package is fetched for it either: the image is in the file.
    loaded = dagger("cache", "load", str(file), state=fresh).stdout
    assert loaded.startswith("loaded ")
    assert query(text, fresh) == first
    changed = BASE % (RANDOM % mark + " { " + RANDOM % f"{mark} again" + MADE + " }")
    assert query(changed, fresh) != first
    assert query(BASE % (RANDOM % mark + ' { exists(path: "/etc/motd") }'), fresh) == "False"
    assert dagger("why", state=fresh).stdout.count("dagger cache") == 0


def test_a_step_with_a_secret_is_not_saved(mark: str, fresh: Path, tmp_path: Path) -> None:
    file = tmp_path / "dagger.cache"
    pipeline = (
        "container | from debian:bookworm-slim | with-mounted-secret /token env://CACHE_TEST_TOKEN"
        f" | with-exec cp /token /{mark} | without-mount /token | with-exec cat /{mark} | stdout"
    )
    variables = {"CACHE_TEST_TOKEN": "very secret"}
    assert dagger("-c", pipeline, **variables).stdout == "very secret"
    told = json.loads(dagger("cache", "save", "--json", "--used-within", "20s", str(file)).stdout)
    assert told["steps"] >= 1  # the image
    dagger("cache", "load", str(file), state=fresh)
    entries = json.loads(dagger("cache", "--json", state=fresh).stdout)["entries"]
    assert entries
    assert not any(mark in entry["title"] for entry in entries)
    assert b"very secret" not in file.read_bytes()


def test_what_is_not_usable_is_an_error_or_a_warning(fresh: Path, tmp_path: Path) -> None:
    missing, damaged = tmp_path / "missing", tmp_path / "damaged"
    damaged.write_bytes(b"\x28\xb5\x2f\xfd" + os.urandom(100))
    for path, said in ((missing, "there is no file"), (damaged, "holds no saved cache")):
        assert said in dagger("cache", "load", str(path), state=fresh, code=1).stderr
        done = dagger("cache", "load", "--if-usable", str(path), state=fresh)
        assert f"nothing was loaded: {path}" in done.stderr or said in done.stderr
    done = dagger("cache", "save", "--max-size", "many", str(missing), state=fresh, code=1)
    assert "'many' is no size" in done.stderr


def test_ctrl_c_leaves_nothing_half_done(mark: str, fresh: Path, tmp_path: Path) -> None:
    file = tmp_path / "dagger.cache"
    big = f'withExec(args: ["sh", "-c", "echo {mark}; head -c 400000000 /dev/urandom >/big"])'
    query(BASE % (big + ' { exists(path: "/big") }'))
    file.write_text("old")
    interrupted("cache", "save", "--used-within", "30s", str(file))
    assert file.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dagger.cache", "state"]
    dagger("cache", "save", "--used-within", "60s", str(file))
    interrupted("cache", "load", str(file), state=fresh)
    assert list((fresh / "store/stages").iterdir()) == []
    assert list((fresh / "store").glob("pack-*")) == []
    assert dagger("cache", "load", str(file), state=fresh).stdout.startswith("loaded ")


def interrupted(*words: str, state: Path | None = None) -> None:
    """Run a command line and press Ctrl-C soon."""
    environment = dict(os.environ)
    if state is not None:
        environment["PORTABLE_DAGGER_STATE"] = str(state)
        dagger("engine", "status", state=state)
        query("{ version }", state)
    process = subprocess.Popen([DAGGER, *words], stderr=subprocess.PIPE, env=environment)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 2
