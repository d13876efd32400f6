from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from app import __version__
from app.errors import ArtifactError
from app.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.model import Model
    from app.settings import Settings


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    service = Service(settings)
    service.start()
    yield service
    service.stop()


def rows_of(database_url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(query).fetchall()


def test_start_and_stop_are_on_record(settings: Settings, model: Model, database_url: str) -> None:
    for _ in range(2):
        service = Service(settings)
        service.start()
        service.stop()

    version = model.metadata.version
    events = rows_of(database_url, "SELECT event, subject FROM audit_events ORDER BY id")
    run = [("service.started", __version__), ("service.stopped", __version__)]
    assert events == [("model.registered", version), *run, *run]
    ((stored, details),) = rows_of(database_url, "SELECT version, details FROM models")
    assert stored == version
    assert details["metrics"] == model.metadata.metrics
    assert details["data_sha256"] == model.metadata.data_sha256


def test_many_threads_lose_and_mix_nothing(
    service: Service, row: dict[str, float], model: Model, database_url: str
) -> None:
    def predict(number: int) -> list[tuple[int, float]]:
        rows = [{**row, "HouseAge": float(number), "MedInc": float(i)} for i in range(1, 4)]
        return service.predict(rows, f"request-{number}")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(predict, range(40)))

    stored = {
        id_: (request_id, features["HouseAge"], value)
        for id_, request_id, features, value in rows_of(
            database_url, "SELECT id, request_id, features, value FROM predictions"
        )
    }
    assert len(stored) == 120
    for number, answer in enumerate(answers):
        for id_, value in answer:
            assert stored[id_] == (f"request-{number}", number, value)
    assert rows_of(database_url, "SELECT version FROM models") == [(model.metadata.version,)]


def test_before_the_start_there_is_no_model(settings: Settings) -> None:
    service = Service(settings)

    with pytest.raises(ArtifactError, match="no model is loaded yet"):
        service.predict([], "none")


def test_without_database_start_and_stop_say_so_and_go_on(
    make_settings: Callable[..., Settings], closed_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service(make_settings(f"postgresql://x:pass-word@127.0.0.1:{closed_port}/none"))
    with caplog.at_level(logging.INFO):
        service.start()
        faults = service.faults()
        service.stop()

    assert faults["model"] is None
    assert faults["database"] is not None
    assert any("not ready" in message for message in caplog.messages)
    assert any("the stop is not on record" in message for message in caplog.messages)
    assert "pass-word" not in caplog.text
