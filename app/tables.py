"""The tables: registered models, predictions, audit events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, MetaData, Text, func
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The tables' common base; constraints get predictable names, so migrations can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class RegisteredModel(Base):
    """A model that has served, with its metadata."""

    __tablename__ = "models"

    version: Mapped[str] = mapped_column(Text, primary_key=True)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    registered_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


class Prediction(Base):
    """One predicted row: `features` by name, `value` in 100,000 US dollars.

    `row` is the row's index in its request.
    """

    __tablename__ = "predictions"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    request_id: Mapped[str] = mapped_column(Text, index=True)
    row: Mapped[int]
    model_version: Mapped[str] = mapped_column(ForeignKey("models.version"), index=True)
    features: Mapped[dict[str, float]] = mapped_column(JSONB)
    value: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class AuditEvent(Base):
    """Something that happened to the service: what, to which subject, and details."""

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
