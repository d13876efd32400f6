"""Predicting, and the history of predictions."""

from __future__ import annotations

from typing import Annotated, Optional

from fastapi import APIRouter, Query

from app import logs
from app.api.answers import INVALID, UNAVAILABLE
from app.api.schemas import (
    MAXIMUM_PAGE,
    HistoryPage,
    PredictAnswer,
    Predicted,
    Rows,
    StoredPrediction,
)
from app.api.state import ServiceDependency

router = APIRouter(tags=["predictions"])


@router.post("/predict", responses={**INVALID, **UNAVAILABLE})
def predict(rows: Rows, service: ServiceDependency) -> PredictAnswer:
    """Predict one row or a list of rows; the answer comes once the predictions are stored."""
    many = rows if isinstance(rows, list) else [rows]
    request_id = logs.request_id.get() or ""
    stored = service.predict([row.model_dump() for row in many], request_id)
    return PredictAnswer(
        request_id=request_id,
        model_version=service.model.metadata.version,
        predictions=[Predicted(id=id_, value=value) for id_, value in stored],
    )


@router.get("/predictions", responses={**INVALID, **UNAVAILABLE})
def history(
    service: ServiceDependency,
    limit: Annotated[int, Query(ge=1, le=MAXIMUM_PAGE)] = 50,
    before: Annotated[
        Optional[int], Query(ge=1, description="only predictions with a smaller id")
    ] = None,
) -> HistoryPage:
    """Page through the stored predictions, newest first."""
    # One more than asked for tells whether there is another page.
    found = service.history(limit=limit + 1, before=before)
    page = [StoredPrediction.model_validate(each) for each in found[:limit]]
    return HistoryPage(predictions=page, next=page[-1].id if len(found) > limit else None)
