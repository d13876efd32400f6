from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.testclient import TestClient

from app.features import NAMES
from app.main import create_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.model import Model
    from app.settings import Settings


def test_the_model_is_described_even_without_database(
    client_without_database: TestClient, model: Model
) -> None:
    content = client_without_database.get("/model").json()

    assert content["version"] == model.metadata.version
    assert content["features"] == list(NAMES)
    assert content["metrics"] == model.metadata.metrics
    assert content["data_sha256"] == model.metadata.data_sha256


def test_without_a_model_the_answer_says_how_to_make_one(
    make_settings: Callable[..., Settings], closed_port: int, tmp_path: Path
) -> None:
    settings = make_settings(
        f"postgresql://127.0.0.1:{closed_port}/none", model_path=tmp_path / "absent.ubj"
    )
    with TestClient(create_app(settings)) as client:
        answer = client.get("/model")

    assert answer.status_code == 503
    assert "absent.ubj" in answer.json()["message"]
    assert "python -m app.train" in answer.json()["hint"]
