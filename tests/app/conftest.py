"""What the platform's tests share: a real Postgres, a small trained model, a client."""

from __future__ import annotations

import os
import socket
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import make_url

from app import dataset
from app.features import FEATURES
from app.main import create_app
from app.migrate import migrate
from app.sample.make import SAMPLE
from app.settings import Settings
from app.train import ARTIFACT_NAME, Options, train

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.model import Model

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture
def row() -> dict[str, float]:
    return {feature.name: feature.example for feature in FEATURES}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("APP_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def model() -> Model:
    return train(dataset.load(str(SAMPLE)), Options(rounds=20))


@pytest.fixture(scope="session")
def model_path(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / ARTIFACT_NAME
    model.save(path)
    return path


@pytest.fixture(scope="session")
def server() -> str:
    """Give the address of the Postgres server to test against."""
    address = os.environ.get("DATABASE_URL")
    if not address:
        reason = "DATABASE_URL is not set: give a Postgres server that may create databases"
        if os.environ.get("CI_REQUIRE_DATABASE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return address


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """Create a database of our own, give its address, and drop it: nothing else is touched."""
    name = f"app_test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            statement = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            connection.execute(statement.format(sql.Identifier(name)))


@pytest.fixture
def empty_database(server: str) -> Iterator[str]:
    with new_database(server) as address:
        yield address


@pytest.fixture(scope="session")
def migrated_database(server: str) -> Iterator[str]:
    with new_database(server) as address:
        migrate(make_url(address).set(drivername="postgresql+psycopg"), "up")
        yield address


@pytest.fixture
def database_url(migrated_database: str) -> str:
    """Give the address of a database with the newest tables, all empty."""
    with psycopg.connect(migrated_database, autocommit=True) as connection:
        connection.execute("TRUNCATE predictions, models, audit_events RESTART IDENTITY")
    return migrated_database


SettingsFactory = Callable[..., Settings]


@pytest.fixture(scope="session")
def make_settings(model_path: Path) -> SettingsFactory:
    def make(database_url: str, **others: object) -> Settings:
        values = {"model_path": model_path, "connect_timeout_seconds": 2, **others}
        return Settings.model_validate({"database_url": SecretStr(database_url), **values})

    return make


@pytest.fixture
def settings(database_url: str, make_settings: SettingsFactory) -> Settings:
    return make_settings(database_url)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def closed_port() -> int:
    """Give a port of loopback where nobody ever listens."""
    return unused_port()


@pytest.fixture
def free_port() -> int:
    """Give a port of loopback to listen on."""
    return unused_port()


@pytest.fixture(scope="session")
def running(migrated_database: str, make_settings: SettingsFactory) -> Iterator[TestClient]:
    with TestClient(create_app(make_settings(migrated_database))) as client:
        yield client


@pytest.fixture
def client(running: TestClient, database_url: str) -> TestClient:
    """Give a client of one running service, shared to save its start, whose tables are empty."""
    assert database_url
    return running


@pytest.fixture(scope="session")
def client_without_database(
    closed_port: int, make_settings: SettingsFactory
) -> Iterator[TestClient]:
    settings = make_settings(f"postgresql://someone:pass-word@127.0.0.1:{closed_port}/none")
    with TestClient(create_app(settings)) as client:
        yield client
