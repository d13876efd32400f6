from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from ci.programs.errors import LoginError
from ci.programs.logins import Login, Logins, load, parse

if TYPE_CHECKING:
    from pathlib import Path


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def found(value: dict[str, Any], repository: str) -> Login | None:
    return parse(json.dumps(value)).find(repository)


@pytest.mark.parametrize(
    ("key", "repository"),
    [
        ("ghcr.io", "ghcr.io/org/name"),
        ("https://ghcr.io", "ghcr.io/org/name"),
        ("https://ghcr.io/v2/", "ghcr.io/org/name"),
        ("ghcr.io/org", "ghcr.io/org/name"),
        ("ghcr.io/org/name", "ghcr.io/org/name"),
        ("https://index.docker.io/v1/", "docker.io/org/name"),
        ("docker.io", "registry-1.docker.io/org/name"),
        ("localhost:5000", "localhost:5000/name"),
    ],
)
def test_key(key: str, repository: str) -> None:
    login = {"auth": encoded("ada:pass:word")}
    assert found({"auths": {key: login}}, repository) == Login("ada", "pass:word")


def test_longest_key_counts() -> None:
    value = {"auths": {"a.io": {"auth": encoded("x:1")}, "a.io/org": {"auth": encoded("y:2")}}}
    assert found(value, "a.io/org/name") == Login("y", "2")
    assert found(value, "a.io/organisation/name") == Login("x", "1")


def test_name_and_password_or_token() -> None:
    value = {"auths": {"a.io": {"username": "ada", "password": "word"}}}
    assert found(value, "a.io/x") == Login("ada", "word")
    value = {"auths": {"a.io": {"auth": encoded("ada:"), "identitytoken": "token"}}}
    assert found(value, "a.io/x") == Login("ada", identity_token="token")  # noqa: S106


def test_no_login() -> None:
    assert found({"auths": {"a.io": {"auth": encoded("x:1")}}}, "b.io/x") is None
    assert found({"credsStore": "desktop"}, "b.io/x") is None
    assert found({}, "b.io/x") is None
    assert load(None) == Logins()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "the file of logins is not JSON"),
        ("[]", "no config.json of Docker"),
        ('{"auths": []}', "no config.json of Docker"),
        ('{"auths": {"a.io": 1}}', "the login for a.io is no object"),
        ('{"auths": {"a.io": {}}}', "the login for a.io has no name and password"),
        ('{"auths": {"a.io": {"auth": "secret"}}}', '"auth" of the login for a.io is not base64'),
        ('{"auths": {"a.io": {}}, "credsStore": "desktop"}', "credential helper 'desktop'"),
        ('{"credHelpers": {"a.io": "ecr-login"}}', "credential helper 'ecr-login'"),
    ],
)
def test_login_that_cannot_be_used(text: str, message: str) -> None:
    with pytest.raises(LoginError, match=message) as error:
        parse(text).find("a.io/x")
    assert "secret" not in str(error.value)


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LoginError, match=r"the file of logins \S*config\.json cannot be read"):
        load(tmp_path / "config.json")


def test_secrets_are_not_shown() -> None:
    login = Login("ada", "word", "token")
    assert repr(login) == "Login(username='ada')"
    assert login.hidden("word and token") == "*** and ***"
    value = parse(json.dumps({"auths": {"a.io": {"username": "ada", "password": "word"}}}))
    assert "word" not in repr(value)
