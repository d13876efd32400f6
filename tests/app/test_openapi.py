from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app import openapi

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


def test_the_committed_document_is_the_applications() -> None:
    assert openapi.COMMITTED.read_text(encoding="utf-8") == openapi.render(), (
        "the API and app/openapi.json differ; if the change is meant, run"
        " `python -m app.openapi > app/openapi.json`"
    )


def test_the_service_shows_the_committed_document(client_without_database: TestClient) -> None:
    committed = json.loads(openapi.COMMITTED.read_text(encoding="utf-8"))

    assert client_without_database.get("/openapi.json").json() == committed
