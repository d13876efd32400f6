from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from app.api.schemas import MAXIMUM_ROWS
from app.features import FEATURES, NAMES
from app.main import create_app
from app.model import Model

if TYPE_CHECKING:
    from pathlib import Path

    from app.settings import Settings


def problems(answer: Any) -> list[tuple[int | None, str | None]]:  # noqa: ANN401 - httpx.Response
    assert answer.status_code == 422
    return [(each["row"], each["field"]) for each in answer.json()["problems"]]


def test_one_row_is_predicted_by_the_model(
    client: TestClient, row: dict[str, float], model_path: Path
) -> None:
    answer = client.post("/predict", json=row, headers={"X-Request-ID": "mine"})

    assert answer.status_code == 200
    model = Model.load(model_path)
    content = answer.json()
    assert content["request_id"] == "mine"
    assert content["model_version"] == model.metadata.version
    expected = model.predict([[row[name] for name in NAMES]])[0]
    assert [each["value"] for each in content["predictions"]] == [expected]


def test_many_rows_are_predicted_and_stored_in_their_order(
    client: TestClient, row: dict[str, float], database_url: str
) -> None:
    rows = [{**row, "MedInc": float(income)} for income in range(1, 10)]

    content = client.post("/predict", json=rows, headers={"X-Request-ID": "many"}).json()

    with psycopg.connect(database_url) as connection:
        stored = connection.execute(
            "SELECT id, row, features, value, request_id, model_version FROM predictions"
            " ORDER BY row"
        ).fetchall()
    assert [(id_, value) for id_, _, _, value, _, _ in stored] == [
        (each["id"], each["value"]) for each in content["predictions"]
    ]
    assert [index for _, index, *_ in stored] == list(range(9))
    assert [features for _, _, features, *_ in stored] == rows
    assert {tuple(each[4:]) for each in stored} == {("many", content["model_version"])}
    assert len({each["value"] for each in content["predictions"]}) > 1


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_the_ends_of_each_range_are_in_and_what_is_beyond_is_named(
    client: TestClient, row: dict[str, float], feature: Any  # noqa: ANN401 - a Feature
) -> None:
    ends = [{**row, feature.name: feature.low}, {**row, feature.name: feature.high}]
    assert client.post("/predict", json=ends).status_code == 200

    beyond = [
        row,
        {**row, feature.name: math.nextafter(feature.low, -math.inf)},
        row,
        {**row, feature.name: math.nextafter(feature.high, math.inf)},
    ]
    answer = client.post("/predict", json=beyond)
    assert problems(answer) == [(1, feature.name), (3, feature.name)]


def test_missing_unknown_and_mistyped_fields_are_all_named(
    client: TestClient, row: dict[str, float]
) -> None:
    missing = {name: value for name, value in row.items() if name != "HouseAge"}
    unknown = {**row, "Medinc": 3}
    text = {**row, "Latitude": "37.88"}
    null = {**row, "AveOccup": None}
    flag = {**row, "Population": True}

    answer = client.post("/predict", json=[missing, unknown, text, null, flag, row])

    assert problems(answer) == [
        (0, "HouseAge"),
        (1, "Medinc"),
        (2, "Latitude"),
        (3, "AveOccup"),
        (4, "Population"),
    ]
    assert answer.json()["problems"][0]["message"] == "Field required"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_single_row_is_row_0_and_no_number_is_no_input(
    client: TestClient, row: dict[str, float], number: str
) -> None:
    pairs = ",".join(f'"{name}": {value}' for name, value in {**row, "MedInc": number}.items())

    answer = client.post(
        "/predict", content="{" + pairs + "}", headers={"Content-Type": "application/json"}
    )

    assert problems(answer) == [(0, "MedInc")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[]", (None, None)),
        (b"{", (None, None)),
        (b"", (None, None)),
        (b"3", (0, None)),
        (b"[3]", (0, None)),
    ],
)
def test_what_is_no_row_is_refused(
    client: TestClient, body: bytes, expected: tuple[int | None, str | None]
) -> None:
    answer = client.post("/predict", content=body, headers={"Content-Type": "application/json"})

    assert problems(answer) == [expected]


def test_too_many_rows_are_refused(client: TestClient, row: dict[str, float]) -> None:
    assert client.post("/predict", json=[row] * MAXIMUM_ROWS).status_code == 200
    assert problems(client.post("/predict", json=[row] * (MAXIMUM_ROWS + 1))) == [(None, None)]


def test_a_bad_row_stores_nothing(client: TestClient, row: dict[str, float]) -> None:
    assert client.post("/predict", json=[row, {**row, "MedInc": -1}]).status_code == 422
    assert client.get("/predictions").json() == {"predictions": [], "next": None}


def test_without_database_a_prediction_is_refused_not_lost(
    client_without_database: TestClient, row: dict[str, float]
) -> None:
    answer = client_without_database.post("/predict", json=row)

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "predictions" not in answer.json()
    assert "APP_DATABASE_URL" in answer.json()["hint"]
    assert "pass-word" not in answer.text


def test_history_pages_from_newest_to_oldest(client: TestClient, row: dict[str, float]) -> None:
    rows = [{**row, "HouseAge": float(age)} for age in range(5)]
    client.post("/predict", json=rows, headers={"X-Request-ID": "first"})

    first = client.get("/predictions", params={"limit": 2}).json()
    # A prediction that comes in between must neither repeat nor hide a row.
    client.post("/predict", json=row)
    second = client.get("/predictions", params={"limit": 2, "before": first["next"]}).json()
    third = client.get("/predictions", params={"limit": 2, "before": second["next"]}).json()

    pages = [*first["predictions"], *second["predictions"], *third["predictions"]]
    assert [each["features"] for each in pages] == list(reversed(rows))
    assert {each["request_id"] for each in pages} == {"first"}
    assert third["next"] is None
    assert pages[0]["created_at"].endswith("Z")


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "before=0", "limit=many"])
def test_a_wrong_page_is_refused_by_name(client: TestClient, query: str) -> None:
    assert problems(client.get(f"/predictions?{query}")) == [(None, query.partition("=")[0])]


def test_a_page_ends_exactly_at_the_last_row(client: TestClient, row: dict[str, float]) -> None:
    client.post("/predict", json=[row, row])

    assert client.get("/predictions", params={"limit": 2}).json()["next"] is None


def test_the_database_may_come_up_after_the_service(
    settings: Settings, database_url: str, row: dict[str, float]
) -> None:
    with TestClient(create_app(settings)) as client:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("TRUNCATE predictions, models, audit_events")

        assert client.post("/predict", json=row).status_code == 200
