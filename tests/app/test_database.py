from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from app.database import APPLICATION_NAME, Database
from app.errors import DatabaseError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.settings import Settings


@pytest.fixture
def open_database() -> Iterator[Callable[[Settings], Database]]:
    opened: list[Database] = []

    def open_(settings: Settings) -> Database:
        opened.append(Database(settings))
        return opened[-1]

    yield open_
    for database in opened:
        database.close()


def test_a_transaction_commits_or_leaves_nothing(
    settings: Settings, open_database: Callable[[Settings], Database]
) -> None:
    database = open_database(settings)
    insert = text("INSERT INTO models (version, details) VALUES (:version, '{}')")

    with database.transaction() as session:
        session.execute(insert, {"version": "kept"})

    def fail() -> None:
        with database.transaction() as session:
            session.execute(insert, {"version": "lost"})
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        fail()

    with database.transaction() as session:
        assert session.scalars(text("SELECT version FROM models")).all() == ["kept"]


def test_a_statement_that_runs_too_long_is_cancelled(
    database_url: str,
    make_settings: Callable[..., Settings],
    open_database: Callable[[Settings], Database],
) -> None:
    database = open_database(make_settings(database_url, statement_timeout_seconds=0.05))

    with pytest.raises(DatabaseError, match="statement timeout"), database.transaction() as session:
        session.execute(text("SELECT pg_sleep(5)"))


def test_an_exhausted_pool_is_reported_not_waited_for_forever(
    database_url: str,
    make_settings: Callable[..., Settings],
    open_database: Callable[[Settings], Database],
) -> None:
    database = open_database(
        make_settings(database_url, pool_size=1, pool_overflow=0, pool_timeout_seconds=0.05)
    )

    with database.transaction() as first:
        first.execute(text("SELECT 1"))
        with pytest.raises(DatabaseError, match="busy"), database.transaction() as second:
            second.execute(text("SELECT 1"))


def test_a_connection_that_died_is_replaced(
    settings: Settings, open_database: Callable[[Settings], Database]
) -> None:
    database = open_database(settings)
    with database.transaction() as session:
        first = session.scalar(text("SELECT pg_backend_pid()"))
    killer = open_database(settings)
    with killer.transaction() as session:
        session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": first})

    with database.transaction() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != first


def test_close_leaves_no_connection(
    settings: Settings, open_database: Callable[[Settings], Database]
) -> None:
    database, watcher = open_database(settings), open_database(settings)
    with database.transaction() as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
    database.close()

    # Postgres takes a moment to end the backend of a closed connection.
    gone = text(
        "SELECT count(*) FROM pg_stat_activity WHERE pid = :pid AND application_name = :name"
    )
    for _ in range(100):
        with watcher.transaction() as session:
            session.execute(text("SELECT pg_sleep(0.02)"))
        with watcher.transaction() as session:
            if session.scalar(gone, {"pid": pid, "name": APPLICATION_NAME}) == 0:
                return
    pytest.fail(f"backend {pid} is still connected two seconds after close")


def test_check_wants_the_newest_migration(
    empty_database: str,
    settings: Settings,
    make_settings: Callable[..., Settings],
    open_database: Callable[[Settings], Database],
) -> None:
    open_database(settings).check()

    with pytest.raises(SchemaError, match=r"at migration \(none\), this code needs 0002"):
        open_database(make_settings(empty_database)).check()


def test_no_server_is_reported_without_the_password(
    closed_port: int,
    make_settings: Callable[..., Settings],
    open_database: Callable[[Settings], Database],
) -> None:
    address = f"postgresql://someone:pass-word@127.0.0.1:{closed_port}/none"

    with pytest.raises(DatabaseError) as caught:
        open_database(make_settings(address)).check()

    assert "refused" in caught.value.message
    assert "pass-word" not in str(caught.value)
