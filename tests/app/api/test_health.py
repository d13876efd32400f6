from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.testclient import TestClient

from app import __version__
from app.main import create_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.model import Model
    from app.settings import Settings


def test_alive_whatever_is_missing(client_without_database: TestClient) -> None:
    answer = client_without_database.get("/health")

    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "alive", "version": __version__},
    )


def test_ready_with_model_and_database(client: TestClient) -> None:
    answer = client.get("/ready")

    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"model": "ok", "database": "ok"}}


def test_not_ready_without_database(client_without_database: TestClient) -> None:
    answer = client_without_database.get("/ready")

    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert checks["model"] == "ok"
    assert "Postgres refused" in checks["database"]
    assert "pass-word" not in answer.text


def test_not_ready_without_model_or_migrations(
    make_settings: Callable[..., Settings], empty_database: str, tmp_path: Path
) -> None:
    settings = make_settings(empty_database, model_path=tmp_path / "absent.ubj")
    with TestClient(create_app(settings)) as client:
        answer = client.get("/ready")

    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert "absent.ubj" in answer.json()["checks"]["model"]
    assert "python -m app.migrate up" in answer.json()["checks"]["database"]


def test_metrics_count_requests_and_predictions(
    settings: Settings, row: dict[str, float], model: Model
) -> None:
    with TestClient(create_app(settings)) as client:
        client.post("/predict", json=[row, row, row])
        client.post("/predict", json={})
        client.get("/no/such/path")
        client.get("/no/other/path")
        answer = client.get("/metrics")

    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    version = model.metadata.version
    lines = answer.text.splitlines()
    assert f'predictions_total{{model_version="{version}"}} 3.0' in lines
    assert f'model_loaded{{version="{version}"}} 1.0' in lines
    for method, route, status, count in (
        ("POST", "/predict", 200, 1),
        ("POST", "/predict", 422, 1),
        ("GET", "unmatched", 404, 2),
    ):
        labels = f'method="{method}",route="{route}",status="{status}"'
        assert f"http_requests_total{{{labels}}} {count}.0" in lines
    assert 'http_request_seconds_count{method="POST",route="/predict"} 2.0' in lines
