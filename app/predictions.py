"""The history of predictions: adding to it and paging through it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from app.tables import Prediction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session


def record(
    session: Session,
    *,
    request_id: str,
    model_version: str,
    features: Sequence[Mapping[str, float]],
    values: Sequence[float],
) -> list[int]:
    """Add one prediction a row; return their ids in the order of the rows."""
    statement = insert(Prediction).returning(Prediction.id, sort_by_parameter_order=True)
    rows = [
        {
            "request_id": request_id,
            "row": row,
            "model_version": model_version,
            "features": dict(inputs),
            "value": value,
        }
        for row, (inputs, value) in enumerate(zip(features, values))
    ]
    return list(session.scalars(statement, rows))


def page(session: Session, *, limit: int, before: int | None) -> list[Prediction]:
    """Return up to `limit` predictions, newest first, with ids below `before`.

    Paging by id stays right while predictions are added, unlike paging by offset.
    """
    statement = select(Prediction).order_by(Prediction.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Prediction.id < before)
    predictions = list(session.scalars(statement))
    session.expunge_all()
    return predictions
