from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/no/such/path", 404, "not found"),
        ("GET", "/predict", 405, "method not allowed"),
    ],
)
def test_every_refusal_has_the_same_shape(
    client_without_database: TestClient, method: str, path: str, status: int, message: str
) -> None:
    answer = client_without_database.request(method, path, headers={"X-Request-ID": "this-one"})

    assert answer.status_code == status
    assert answer.json() == {
        "message": message,
        "hint": "/docs lists every endpoint.",
        "request_id": "this-one",
        "problems": [],
    }


def test_a_refused_method_names_the_allowed_ones(client_without_database: TestClient) -> None:
    assert client_without_database.get("/predict").headers["Allow"] == "POST"
