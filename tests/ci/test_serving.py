from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from ci import image_settings, serving
from ci.errors import SettingsError
from ci.serving import ServeSettings
from tests.ci.programs.service import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The images may have to be built first.
TIME_LIMIT_SECONDS = 900
STOP_SECONDS = 30
ROW = {
    "MedInc": 8.3252,
    "HouseAge": 41.0,
    "AveRooms": 6.984127,
    "AveBedrms": 1.02381,
    "Population": 322.0,
    "AveOccup": 2.555556,
    "Latitude": 37.88,
    "Longitude": -122.23,
}


@contextlib.contextmanager
def serving_on(root: Path, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Give the running command line and the application's address."""
    port = free_port()
    command = [str(root / "dagger"), "call", "serve", "up", f"--ports={port}:8000"]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=root, stdout=output, stderr=output) as process,
    ):
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def ask(address: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, data, headers)  # noqa: S310 - http of our own
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


def wait_for(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    ends = time.monotonic() + TIME_LIMIT_SECONDS
    while time.monotonic() < ends:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError):
            ask(address)
            return
        time.sleep(0.2)
    pytest.fail(f"{address} did not answer: {log.read_text()}")


@pytest.mark.slow
def test_the_application_answers_and_is_gone_after_sigterm(root: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving_on(root, log) as (process, address):
        wait_for(process, f"{address}/health", log)

        assert ask(f"{address}/ready")["ready"] is True
        predicted = ask(f"{address}/predict", ROW)
        assert 0 < predicted["predictions"][0]["value"] < 10
        assert len(ask(f"{address}/predictions")["predictions"]) == 1

        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)
        # Refused, or cut off while the tunnel ends: either way nobody answers.
        with pytest.raises(OSError, match=r"refused|reset"):
            ask(f"{address}/health")


def test_without_a_table_there_is_no_database() -> None:
    assert serving.parse("[tool.ci]\n") == ServeSettings()


def test_what_is_prepared_runs_before_the_application(root: Path) -> None:
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    image, serve = image_settings.parse(text), serving.parse(text)

    assert serving.command(image, ServeSettings()) == [*image.command]
    assert serving.command(image, serve) == [
        "sh",
        "-c",
        "python3 -m app.migrate up && exec python3 -m app",
    ]


def test_a_wrong_key_is_named() -> None:
    with pytest.raises(SettingsError, match=r"tool\.ci\.serve\.database is|database .* not known"):
        serving.parse('[tool.ci.serve]\ndatabase = "x"\n')
