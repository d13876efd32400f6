"""The models that have served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.dialects.postgresql import insert

from app import audit
from app.tables import RegisteredModel

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.model import Model


def register(session: Session, model: Model) -> bool:
    """Make sure that `model` is registered; return whether it was new. Safe for many callers."""
    version = model.metadata.version
    statement = (
        insert(RegisteredModel)
        .values(version=version, details=model.describe())
        .on_conflict_do_nothing()
        .returning(RegisteredModel.version)
    )
    new = session.execute(statement).first() is not None
    if new:
        audit.record(session, "model.registered", version, model.metadata.metrics)
    return new
