from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from app.metrics import Metrics
from app.requests import HEADER, RequestMiddleware, identify

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize("given", ["a", "A-1_2.3", "x" * 64])
def test_an_acceptable_id_is_kept(given: str) -> None:
    assert identify(given) == given


@pytest.mark.parametrize("given", [None, "", "x" * 65, "two words", "line\nbreak", "a;b", "é"])
def test_any_other_is_replaced_by_a_new_one(given: str | None) -> None:
    first, second = identify(given), identify(given)

    assert given not in (first, second)
    assert first != second
    assert identify(first) == first


def test_ids_go_in_and_out(client_without_database: TestClient) -> None:
    given = client_without_database.get("/health", headers={HEADER: "mine"})
    made = client_without_database.get("/health")

    assert given.headers.get_list(HEADER) == ["mine"]
    assert len(made.headers[HEADER]) == 32


@pytest.fixture
def breaking() -> TestClient:
    app = FastAPI()
    metrics = Metrics()
    app.state.metrics = metrics
    app.add_middleware(RequestMiddleware, metrics=metrics)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("on purpose")

    @app.get("/half")
    def half() -> StreamingResponse:
        def parts() -> Iterator[bytes]:
            yield b"half"
            raise RuntimeError("on purpose")

        return StreamingResponse(parts())

    return TestClient(app)


def test_what_breaks_is_answered_logged_and_counted(
    breaking: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        answer = breaking.get("/broken", headers={HEADER: "this-one"})

    assert answer.status_code == 500
    assert answer.headers[HEADER] == "this-one"
    assert answer.json()["message"] == "the service failed"
    assert "on purpose" not in answer.text
    by_message = {record.message: record for record in caplog.records}
    assert by_message["the request broke"].exc_info is not None
    line = vars(by_message["request"])
    assert (line["method"], line["route"], line["status"]) == ("GET", "/broken", 500)
    assert line["milliseconds"] > 0
    metrics = breaking.app.state.metrics  # type: ignore[attr-defined] # it is the FastAPI above
    labels = {"method": "GET", "route": "/broken", "status": "500"}
    assert metrics.registry.get_sample_value("http_requests_total", labels) == 1


def test_what_breaks_half_way_is_not_passed_off_as_whole(
    breaking: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RuntimeError, match="on purpose"):
        breaking.get("/half")

    assert "the request broke" in caplog.messages
