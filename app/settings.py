"""Settings, all from environment variables that start with APP_."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.errors import SettingsError

PREFIX = "APP_"


class Settings(BaseSettings):
    """What the service needs to know; each field is the variable APP_ and its name in capitals."""

    # A wrong value is named by its variable, never shown: it may hold the password.
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, hide_input_in_errors=True, protected_namespaces=()
    )

    database_url: SecretStr = Field(
        description="Postgres: postgresql://user:password@host:5432/name"
    )
    model_path: Path = Field(
        default=Path("models/model.ubj"),
        description="the artifact that `python -m app.train` wrote",
    )
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(
        default=8000, ge=0, le=65535, description="port to listen on; 0 takes a free one"
    )
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="where the model predicts")
    model_threads: int = Field(default=1, ge=1, description="threads per prediction")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least severe log records to write"
    )
    pool_size: int = Field(default=5, ge=1, description="connections kept open")
    pool_overflow: int = Field(default=10, ge=0, description="connections beyond them under load")
    pool_timeout_seconds: float = Field(
        default=5, gt=0, description="longest wait for a connection"
    )
    connect_timeout_seconds: int = Field(default=3, ge=1, description="longest wait for Postgres")
    statement_timeout_seconds: float = Field(
        default=10,
        gt=0,
        description="longest run of one statement, after which Postgres cancels it",
    )
    shutdown_seconds: int = Field(
        default=30, ge=1, description="after SIGTERM, longest wait for requests in flight"
    )

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: SecretStr) -> SecretStr:
        try:
            url = make_url(value.get_secret_value())
        except ArgumentError:
            url = None
        if url is None or url.get_backend_name() != "postgresql":
            message = "needs the form postgresql://user:password@host:5432/name"
            raise ValueError(message) from None
        return value

    def sqlalchemy_url(self) -> URL:
        """Return the database's address for SQLAlchemy, with psycopg 3 as its driver."""
        return make_url(self.database_url.get_secret_value()).set(drivername="postgresql+psycopg")


def load() -> Settings:
    """Read the environment. Raises SettingsError that names every missing or wrong variable."""
    try:
        return Settings()  # type: ignore[call-arg] # the environment holds them
    except ValidationError as error:
        problems = [
            f"{PREFIX}{'.'.join(map(str, problem['loc'])).upper()}: {problem['msg']}"
            for problem in error.errors(include_input=False, include_context=False)
        ]
        raise SettingsError(
            f"the environment does not fit: {'; '.join(problems)}",
            "Set the variables; docs/reference/app.md lists them all.",
        ) from None
