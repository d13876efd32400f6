"""Postgres: the connection pool, transactions, and whether it is ready."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from app import migrate
from app.errors import DatabaseError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.settings import Settings

APPLICATION_NAME = "california-housing"
MILLISECONDS = 1000


class Database:
    """A pool of connections, opened as they are needed; safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        timeout = round(settings.statement_timeout_seconds * MILLISECONDS)
        self.engine = create_engine(
            settings.sqlalchemy_url(),
            pool_size=settings.pool_size,
            max_overflow=settings.pool_overflow,
            pool_timeout=settings.pool_timeout_seconds,
            # A connection that died while idle is replaced, not handed to a request.
            pool_pre_ping=True,
            # Inputs of a failed statement stay out of messages and logs.
            hide_parameters=True,
            connect_args={
                "application_name": APPLICATION_NAME,
                "connect_timeout": settings.connect_timeout_seconds,
                "options": f"-c statement_timeout={timeout} -c timezone=UTC",
            },
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commit when the block ends, roll back when it raises. Raises DatabaseError."""
        try:
            with Session(self.engine) as session, session.begin():
                yield session
        except PoolTimeoutError as error:
            raise DatabaseError(
                "every database connection is busy",
                "Try again; if it lasts, raise APP_POOL_SIZE or look for slow statements.",
            ) from error
        except DBAPIError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise DatabaseError(
                f"Postgres refused: {type(error.orig).__name__}: {reason}",
                "Check that it runs, that APP_DATABASE_URL is right and migrations are applied.",
            ) from error

    def check(self) -> None:
        """Return when Postgres answers and its tables fit this code. Raises DatabaseError."""
        expected = migrate.head()
        with self.transaction() as session:
            found = migrate.current(session.connection())
        if found != expected:
            raise SchemaError(
                f"the database is at migration {found or '(none)'}, this code needs {expected}",
                "Run `python -m app.migrate up`.",
            )

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
