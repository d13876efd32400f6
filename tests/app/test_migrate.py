from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, create_engine, inspect, make_url

from app.errors import DatabaseError
from app.migrate import configuration, head, main, migrate
from app.tables import Base


@pytest.fixture
def url(empty_database: str) -> URL:
    return make_url(empty_database).set(drivername="postgresql+psycopg")


def tables(url: URL) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names()) - {"alembic_version"}
    finally:
        engine.dispose()


def differences(url: URL) -> list[object]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))
    finally:
        engine.dispose()


def test_all_the_way_up_gives_the_tables_of_the_code(url: URL) -> None:
    assert migrate(url, "up") == head()
    assert tables(url) == set(Base.metadata.tables)
    assert differences(url) == []


def test_all_the_way_down_leaves_nothing_and_up_works_again(url: URL) -> None:
    migrate(url, "up")

    assert migrate(url, "down") is None
    assert tables(url) == set()
    assert migrate(url, "up") == head()
    assert differences(url) == []


def test_every_revision_undoes_exactly_what_it_did(url: URL) -> None:
    scripts = ScriptDirectory.from_config(configuration())
    revisions = [each.revision for each in reversed(list(scripts.walk_revisions()))]
    assert revisions == ["0001", "0002"]

    before = [tables(url)]
    for revision in revisions:
        assert migrate(url, "up", revision) == revision
        before.append(tables(url))
    for revision in [*reversed(revisions[:-1]), "base"]:
        before.pop()
        migrate(url, "down", revision)
        assert tables(url) == before[-1], revision


def test_many_at_once_end_well(url: URL) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: migrate(url, "up"), range(4)))

    assert answers == [head()] * 4


def test_a_failed_migration_changes_nothing(url: URL) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE audit_events (id int)")
    engine.dispose()

    with pytest.raises(
        DatabaseError, match=r'nothing was changed: .*"audit_events" already exists'
    ):
        migrate(url, "up")
    assert tables(url) == {"audit_events"}


def test_the_command_goes_up_and_down(
    empty_database: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("APP_DATABASE_URL", empty_database)

    assert main(["up"]) == 0
    assert capsys.readouterr().out == f"the database is at {head()}\n"
    assert main(["down"]) == 0
    assert capsys.readouterr().out == "the database is at (none)\n"


def test_the_command_reports_missing_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up"]) == 1
    assert "APP_DATABASE_URL" in capsys.readouterr().err
