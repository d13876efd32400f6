"""The page for trying a prediction."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.features import FEATURES, Feature

TEMPLATE = Path(__file__).parents[1] / "page" / "index.html"

router = APIRouter(include_in_schema=False)


def field(feature: Feature) -> str:
    """Return one feature's label and input."""
    return (
        f'<label for="{feature.name}"><b>{feature.name}</b> {escape(feature.meaning)}'
        f'<input id="{feature.name}" name="{feature.name}" type="number" step="any" required'
        f' min="{feature.low}" max="{feature.high}" value="{feature.example}"></label>'
    )


@lru_cache(maxsize=1)
def render() -> str:
    """Return the page, its inputs and their ranges made from `features.FEATURES`."""
    fields = "\n".join(field(feature) for feature in FEATURES)
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(fields=fields)


@router.get("/", response_class=HTMLResponse)
def page() -> HTMLResponse:
    """Show the page."""
    return HTMLResponse(render())
