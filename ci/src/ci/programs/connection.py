"""Requests to one registry: retried where the cause may pass, and authorised as it asks.

Sources: OCI distribution specification v1.1; RFC 9110 (WWW-Authenticate, Retry-After); Docker's token authentication
(distribution, docs/spec/auth/token.md and oauth.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from ci.programs import challenge
from ci.programs.errors import AccessError, RegistryError
from ci.programs.hiccup import Hiccup, cause_of, retry_after, trouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ci.programs.challenge import Challenge
    from ci.programs.hiccup import Patience
    from ci.programs.logins import Login

T = TypeVar("T")

_TIMEOUT: Final = (10.0, 120.0)
"""Seconds to connect, and between two parts of an answer: a registry may think over a large blob."""

_PASSING: Final = (408, 429, 500, 502, 503, 504)
_SMALL: Final = 1 << 20
"""Files up to this size in bytes are sent from memory; an empty one cannot be sent from a file."""

_SIDE_BY_SIDE: Final = 16
_ANSWER: Final = 300
"""The most characters of a registry's own words in a message."""


@dataclass(slots=True)
class _Authorisation(AuthBase):
    """Sets the header as it is; its presence also keeps requests from reading logins out of ~/.netrc."""

    header: str

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.header:
            request.headers["Authorization"] = self.header
        return request


@dataclass(slots=True)
class Connection:
    """A registry at an address, for one repository; may be used by several threads.

    name: how messages call it. scope: what is asked for, such as repository:org/name:pull,push. say: takes a line
    where something has to be tried again.
    """

    name: str
    address: str
    scope: str
    login: Login | None
    patience: Patience
    say: Callable[[str], None]
    _session: requests.Session = field(default_factory=requests.Session)
    _header: str = ""
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        adapter = HTTPAdapter(pool_maxsize=_SIDE_BY_SIDE)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        # A compressed answer would hide the bytes that the digest is of.
        self._session.headers["Accept-Encoding"] = "identity"

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def persist(self, what: str, attempt: Callable[[], T]) -> T:
        """Return what an attempt returns, trying again while it raises Hiccup. Raises RegistryError in the end."""
        try:
            return self.patience.persist(what, attempt, self.say)
        except Hiccup as hiccup:
            raise RegistryError(
                f"{self.name}: {what}: {hiccup}, {self.patience.attempts} times",
                f"Check that {self.address} is reachable and well, and run this again: nothing is sent twice.",
            ) from None

    def ask(
        self,
        what: str,
        method: str,
        path: str,
        expected: tuple[int, ...],
        **options: Any,  # noqa: ANN401
    ) -> requests.Response:
        """Make a request until it is answered. Raises RegistryError on an answer that is not expected."""
        return self.persist(what, lambda: self.once(what, method, path, expected, **options))

    def once(  # noqa: PLR0913 - a request has this much
        self,
        what: str,
        method: str,
        path: str,
        expected: tuple[int, ...],
        *,
        headers: dict[str, str] | None = None,
        body: bytes | Path = b"",
        stream: bool = False,
    ) -> requests.Response:
        """Make a request once. Raises Hiccup for a cause that may pass, RegistryError or AccessError for others."""
        url = urljoin(f"{self.address}/", path)
        used = self._header
        answer = self._send(method, url, headers or {}, body, used, stream=stream)
        if answer.status_code == requests.codes.unauthorized:
            answer.close()
            self._authorise(challenge.parse(answer.headers.get("WWW-Authenticate", "")), used)
            answer = self._send(method, url, headers or {}, body, self._header, stream=stream)
        if answer.status_code in expected:
            return answer
        if answer.status_code in _PASSING:
            raise Hiccup(self._said(answer), retry_after(answer))
        if answer.status_code in {requests.codes.unauthorized, requests.codes.forbidden}:
            raise self._refused(f"{what}: {self._said(answer)}")
        raise RegistryError(f"{self.name}: {what}: {self._said(answer)}")

    def _send(  # noqa: PLR0913 - a request has this much
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: bytes | Path,
        header: str,
        *,
        stream: bool = False,
    ) -> requests.Response:
        """Send a request; a header of authorisation goes to the registry's own address only."""
        header = header if _origin(url) == _origin(self.address) else ""
        if not isinstance(body, bytes) and body.stat().st_size <= _SMALL:
            body = body.read_bytes()
        options: dict[str, Any] = {"headers": headers, "stream": stream}
        if isinstance(body, bytes):
            return self._request(method, url, header, data=body, **options)
        with body.open("rb") as file:
            return self._request(method, url, header, data=file, **options)

    def _request(
        self,
        method: str,
        url: str,
        header: str,
        **options: Any,  # noqa: ANN401 - as requests has them
    ) -> requests.Response:
        try:
            return self._session.request(
                method, url, auth=_Authorisation(header), timeout=_TIMEOUT, **options
            )
        except requests.RequestException as error:
            raise trouble(self.name, error) from error

    def _authorise(self, asked: Challenge, used: str) -> None:
        """Answer a challenge, unless another thread has done so since the header was used."""
        with self._lock:
            if self._header != used:
                return
            if asked.scheme == "basic" and self.login is not None and self.login.password:
                self._header = self.login.basic
            elif asked.scheme == "bearer":
                self._header = f"Bearer {self._token(asked)}"
            else:
                raise self._refused(
                    f"it asks for a login ({asked.scheme or 'it does not say how'})"
                )

    def _token(self, asked: Challenge) -> str:
        """Fetch a token from the service that a challenge names."""
        realm = asked.parameters.get("realm", "")
        if urlsplit(self.address).scheme == "https" and urlsplit(realm).scheme != "https":
            raise self._refused("its token service is not reached by https, so no login is sent")
        query = {"service": asked.parameters.get("service", ""), "scope": self.scope}
        if self.login is not None and self.login.identity_token:
            form = {"grant_type": "refresh_token", "refresh_token": self.login.identity_token}
            options: dict[str, Any] = {"data": {**query, **form, "client_id": "ci"}}
            method, header = "POST", ""
        else:
            method, options = "GET", {"params": query}
            header = self.login.basic if self.login is not None else ""
        answer = self._request(method, realm, header, **options)
        if answer.status_code in _PASSING:
            raise Hiccup(f"token service: {self._said(answer)}", retry_after(answer))
        if answer.status_code != requests.codes.ok:
            raise self._refused(f"its token service answers {self._said(answer)}")
        try:
            value = answer.json()
            return str(value.get("token") or value["access_token"])
        except (ValueError, KeyError, AttributeError) as error:
            raise RegistryError(f"{self.name}: its token service gives no token") from error

    def _refused(self, cause: str) -> AccessError:
        if self.login is None:
            return AccessError(f"{self.name}: {cause}; no login was given", "Give it a login.")
        who = f"the login {self.login.username!r}" if self.login.username else "the login"
        return AccessError(
            f"{self.name}: {cause}; {who} is not enough",
            f"Check its password, and that it may do this: {self.scope}.",
        )

    def _said(self, answer: requests.Response) -> str:
        """Return the status of an answer, and the registry's own words (error codes of the specification)."""
        text = f"HTTP {answer.status_code}"
        try:
            first = answer.json()["errors"][0]
            text += f" {first['code']}: {first.get('message', '')}"[:_ANSWER]
        except (ValueError, LookupError, TypeError, AttributeError):
            text += f" {answer.reason or ''}".rstrip()
        except requests.RequestException as error:
            raise Hiccup(cause_of(error)) from error
        return self.login.hidden(text) if self.login is not None else text


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
