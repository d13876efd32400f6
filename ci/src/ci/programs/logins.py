"""Logins for registries, as `docker login` writes them to config.json.

Sources: Docker's config.json ("auths", "credsStore", "credHelpers") and containers-auth.json(5), whose keys may go on
with a part of the repository's name.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ci.programs.errors import LoginError

if TYPE_CHECKING:
    from pathlib import Path

_HUB: Final = "docker.io"
_HUB_NAMES: Final = ("index.docker.io", "registry-1.docker.io")
_HINT: Final = (
    'Give a file such as {"auths": {"ghcr.io": {"username": "NAME", "password": "TOKEN"}}}.'
)


@dataclass(frozen=True, slots=True)
class Login:
    """A name and its password, or an identity token that a registry's token service takes instead."""

    username: str
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The header of Basic authentication (RFC 7617)."""
        both = f"{self.username}:{self.password}".encode()
        return f"Basic {base64.b64encode(both).decode()}"

    def hidden(self, text: str) -> str:
        """Return a text without the secrets of this login."""
        for secret in (self.password, self.identity_token):
            text = text.replace(secret, "***") if secret else text
        return text


@dataclass(frozen=True, slots=True)
class Logins:
    """The logins of a config.json."""

    _entries: dict[str, Any] = field(default_factory=dict, repr=False)
    _helpers: dict[str, str] = field(default_factory=dict)
    _store: str = ""

    def find(self, repository: str) -> Login | None:
        """Return the login for a repository such as ghcr.io/org/name, None if there is none.

        The longest key counts. Raises LoginError if the login is kept by a credential helper, or is incomplete.
        """
        name = _normal(repository)
        registry = name.partition("/")[0]
        if helper := self._helpers.get(registry, ""):
            raise _elsewhere(registry, helper)
        while name:
            if name in self._entries:
                return self._login(name, self._entries[name])
            name = name.rpartition("/")[0]
        return None

    def _login(self, key: str, entry: Any) -> Login:  # noqa: ANN401 - as JSON gives it
        if not isinstance(entry, dict) or not all(isinstance(one, str) for one in entry.values()):
            raise LoginError(f"the login for {key} is no object of texts", _HINT)
        username, password = entry.get("username", ""), entry.get("password", "")
        if entry.get("auth"):
            username, password = _decoded(key, entry["auth"])
        if entry.get("identitytoken"):
            return Login(username, identity_token=entry["identitytoken"])
        if username and password:
            return Login(username, password)
        if self._store:
            raise _elsewhere(key, self._store)
        raise LoginError(f"the login for {key} has no name and password", _HINT)


def load(path: Path | None) -> Logins:
    """Read a config.json; without one there are no logins. Raises LoginError."""
    if path is None:
        return Logins()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LoginError(f"the file of logins {path} cannot be read", _HINT) from error
    return parse(text)


def parse(text: str) -> Logins:
    """Read the text of a config.json. Raises LoginError, which holds nothing of the text."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise LoginError("the file of logins is not JSON", _HINT) from error
    auths = value.get("auths", {}) if isinstance(value, dict) else None
    helpers = value.get("credHelpers", {}) if isinstance(value, dict) else None
    if not isinstance(auths, dict) or not isinstance(helpers, dict):
        raise LoginError("the file of logins is no config.json of Docker", _HINT)
    return Logins(
        {_normal(key): entry for key, entry in auths.items()},
        {_normal(key): str(helper) for key, helper in helpers.items()},
        str(value.get("credsStore", "")),
    )


def _normal(key: str) -> str:
    """Return a key, or a repository's name, in the one form in which they are compared."""
    name = key.removeprefix("https://").removeprefix("http://").rstrip("/")
    name = name.removesuffix("/v1").removesuffix("/v2")
    registry, slash, rest = name.partition("/")
    return f"{_HUB if registry in _HUB_NAMES else registry}{slash}{rest}"


def _decoded(key: str, auth: str) -> tuple[str, str]:
    try:
        username, colon, password = base64.b64decode(auth).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        # The cause is left out: it would show the secret.
        raise LoginError(f'"auth" of the login for {key} is not base64 of NAME:PASSWORD') from None
    return username, password


def _elsewhere(key: str, helper: str) -> LoginError:
    return LoginError(
        f"the login for {key} is kept by the credential helper {helper!r}, which cannot be asked here",
        _HINT,
    )
