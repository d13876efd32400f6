"""Alembic's entry: runs the revisions on the connection that `app.migrate` opened."""

from __future__ import annotations

from alembic import context

from app.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
