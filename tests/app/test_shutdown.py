"""A real server process: what is in flight at SIGTERM is answered and stored."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE_SECONDS = 60


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not within {PATIENCE_SECONDS} s")
        time.sleep(0.02)


@contextmanager
def serving(
    root: Path, port: int, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    process = subprocess.Popen(
        [sys.executable, "-m", "app"],
        cwd=root,
        env={**inherited, "APP_PORT": str(port), **environment},
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ready").status_code == 200
    except httpx.TransportError:
        return False


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_no_prediction_in_flight_is_lost_on_sigterm(
    root: Path, free_port: int, database_url: str, model_path: Path, row: dict[str, float]
) -> None:
    port = free_port
    environment = {
        "APP_DATABASE_URL": database_url,
        "APP_MODEL_PATH": str(model_path),
        # The hold below must outlast a slow machine.
        "APP_STATEMENT_TIMEOUT_SECONDS": str(PATIENCE_SECONDS),
    }
    received: list[httpx.Response] = []

    def ask() -> None:
        url = f"http://127.0.0.1:{port}/predict"
        headers = {"X-Request-ID": "in-flight"}
        received.append(httpx.post(url, json=[row, row], headers=headers, timeout=PATIENCE_SECONDS))

    with serving(root, port, environment) as process:
        wait_for(lambda: answers(port), "the service is ready")
        with (
            psycopg.connect(database_url) as holder,
            psycopg.connect(database_url, autocommit=True) as watcher,
        ):
            # The lock holds the request right before its rows are written.
            holder.execute("LOCK TABLE predictions IN ACCESS EXCLUSIVE MODE")
            asking = threading.Thread(target=ask)
            asking.start()
            waiting = (
                "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
                " WHERE NOT granted AND datname = current_database()"
            )
            wait_for(lambda: watcher.execute(waiting).fetchone() == (1,), "the request is held")

            process.send_signal(signal.SIGTERM)
            wait_for(lambda: not listens(port), "no new connection is taken")
            assert process.poll() is None
            assert received == []
            holder.rollback()

            asking.join(PATIENCE_SECONDS)
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)

    assert [answer.status_code for answer in received] == [200]
    with psycopg.connect(database_url) as connection:
        stored = connection.execute(
            "SELECT id, value FROM predictions WHERE request_id = 'in-flight' ORDER BY row"
        ).fetchall()
        last = connection.execute(
            "SELECT event FROM audit_events ORDER BY id DESC LIMIT 1"
        ).fetchone()
    assert [{"id": id_, "value": value} for id_, value in stored] == received[0].json()[
        "predictions"
    ]
    assert last == ("service.stopped",)
    # uvicorn ends itself with the signal it was sent once all is done.
    assert process.returncode in (0, -signal.SIGTERM)
    lines = [json.loads(line) for line in errors.decode().splitlines()]
    assert logged(lines, request_id="in-flight", route="/predict", status=200)


def logged(lines: list[dict[str, Any]], **values: object) -> bool:
    return any(values.items() <= line.items() for line in lines)
