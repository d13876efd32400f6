"""The reference page names every endpoint, setting and figure; these tests walk the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from app.features import FEATURES
from app.main import create_app
from app.metrics import Metrics
from app.settings import PREFIX, Settings


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "reference" / "app.md").read_text(encoding="utf-8")


def test_every_endpoint_is_documented(page: str) -> None:
    app = create_app(
        Settings(database_url=SecretStr("postgresql://none/x"), model_path=Path("none"))
    )
    endpoints = {
        f"`{method} {route.path}`"
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }

    assert len(endpoints) >= 7
    assert {endpoint for endpoint in endpoints if endpoint not in page} == set()


def test_every_setting_is_documented_with_its_default(page: str) -> None:
    rows = dict(re.findall(r"^\| `(APP_\w+)` \| ([^|]+) \|", page, flags=re.MULTILINE))
    expected = {
        PREFIX
        + name.upper(): ("required" if field.default is PydanticUndefined else f"`{field.default}`")
        for name, field in Settings.model_fields.items()
    }

    assert rows == expected


def test_every_feature_is_documented_with_its_range(page: str) -> None:
    for feature in FEATURES:
        row = f"| `{feature.name}` | {feature.meaning} | {feature.low:g} | {feature.high:g} |"
        assert row in page


def test_every_figure_is_documented(page: str) -> None:
    names = {
        family.name
        for family in Metrics().registry.collect()
        if not family.name.startswith("process_")
    }

    assert {name for name in names if f"`{name}" not in page} == set()
