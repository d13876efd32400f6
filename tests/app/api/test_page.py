from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

from app.features import FEATURES

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


class Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "input":
            named = dict(attributes)
            self.found[str(named["name"])] = named


def test_the_page_asks_for_every_feature_within_its_range(
    client_without_database: TestClient,
) -> None:
    answer = client_without_database.get("/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    inputs = Inputs()
    inputs.feed(answer.text)

    assert list(inputs.found) == [feature.name for feature in FEATURES]
    for feature in FEATURES:
        given = inputs.found[feature.name]
        assert float(str(given["min"])) == feature.low
        assert float(str(given["max"])) == feature.high
        assert float(str(given["value"])) == feature.example
    assert "$" not in answer.text.replace("${", "")
