from __future__ import annotations

import pytest

from app import settings
from app.errors import SettingsError


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_DATABASE_URL", "postgresql://someone:pass-word@db:5432/houses")
    monkeypatch.setenv("APP_MODEL_PATH", "/models/model.ubj")
    monkeypatch.setenv("APP_PORT", "9000")

    chosen = settings.load()

    assert (chosen.port, chosen.host) == (9000, "127.0.0.1")
    url = chosen.sqlalchemy_url()
    assert url.drivername == "postgresql+psycopg"
    assert url.password == "pass-word"  # noqa: S105 - made up
    assert "pass-word" not in repr(chosen)


def test_every_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_PORT", "many")

    with pytest.raises(SettingsError) as caught:
        settings.load()

    for name in ("APP_DATABASE_URL", "APP_PORT"):
        assert f"{name}: " in caught.value.message


@pytest.mark.parametrize("address", ["mysql://someone:pass-word@db/houses", "pass-word"])
def test_a_wrong_database_address_is_explained_but_never_shown(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("APP_DATABASE_URL", address)

    with pytest.raises(SettingsError) as caught:
        settings.load()

    assert "APP_DATABASE_URL: Value error, needs the form postgresql://" in caught.value.message
    assert "pass-word" not in str(caught.value)
