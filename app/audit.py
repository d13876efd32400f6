"""The audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from app.tables import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

Event = Literal["model.registered", "service.started", "service.stopped"]


def record(session: Session, event: Event, subject: str, details: Mapping[str, Any]) -> None:
    """Add one event, kept if the session's transaction is."""
    session.add(AuditEvent(event=event, subject=subject, details=dict(details)))
