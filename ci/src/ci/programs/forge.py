"""A forge's repository: the comments of a pull request and the statuses of a commit.

Source: GitHub's REST API, version 2022-11-28: "Issue comments", "Commit statuses", "Using pagination" (the header
Link), "Rate limits" (Retry-After and x-ratelimit-reset), "Permissions required for fine-grained access tokens".
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

import requests
from requests.auth import AuthBase

from ci.programs.errors import ForgeError
from ci.programs.hiccup import Hiccup, retry_after, trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ci.programs.hiccup import Patience

T = TypeVar("T")

_VERSION: Final = "2022-11-28"
_TIMEOUT: Final = (10.0, 60.0)
"""Seconds to connect, and between two parts of an answer."""

_PASSING: Final = (408, 429, 500, 502, 503, 504)
_REFUSED: Final = (401, 403, 404)
_PAGE: Final = 100
"""The most comments that the API gives at once."""

_ANSWER: Final = 300
"""The most characters of a forge's own words in a message."""

_BOT: Final = "Bot"


@dataclass(slots=True)
class _Token(AuthBase):
    """Sets the header; its presence also keeps requests from reading logins out of ~/.netrc."""

    value: str

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.value}"
        return request


@dataclass(slots=True)
class Forge:
    """A repository, OWNER/NAME, of the forge at an address, as the owner of a token sees it.

    say: takes a line where something has to be tried again.
    """

    address: str
    repository: str
    token: str = field(repr=False)
    patience: Patience
    say: Callable[[str], None]
    _session: requests.Session = field(default_factory=requests.Session)

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def put_comment(self, number: int, marker: str, body: str) -> tuple[str, str]:
        """Make the comment of a pull request whose body begins with the marker have this body.

        Returns created, updated or unchanged, and the comment's page. Raises ForgeError.
        """
        what = f"the comment on pull request {number}"

        def put() -> tuple[str, str]:
            # Looked for at each attempt: one that broke off may have made it.
            found = self._comment(number, marker)
            if found is None:
                path = f"issues/{number}/comments"
                return "created", self._send("POST", path, {"body": body})["html_url"]
            if found["body"] == body:
                return "unchanged", found["html_url"]
            answer = self._send("PATCH", f"issues/comments/{found['id']}", {"body": body})
            return "updated", answer["html_url"]

        return self._persist(what, "pull-requests: write", put)

    def set_status(self, commit: str, status: Mapping[str, str]) -> None:
        """Set a status of a commit: context, state, description and perhaps target_url. Raises ForgeError."""
        what = f"the status {status['context']} of commit {commit}"
        path = f"statuses/{commit}"
        self._persist(what, "statuses: write", lambda: self._send("POST", path, status))

    def _comment(self, number: int, marker: str) -> dict[str, Any] | None:
        """Return the first comment with the marker that is the token's own, as far as that can be told."""
        marked = [each for each in self._comments(number) if each["body"].startswith(marker)]
        if not marked:
            return None
        login = self._login()
        for comment in marked:
            author = comment["user"] or {}
            # An installation's token, as Actions has it, does not say who it is; it writes as a bot, as no person does.
            if author.get("login") == login if login else author.get("type") == _BOT:
                return comment
        return None

    def _comments(self, number: int) -> Iterator[dict[str, Any]]:
        url: str | None = self._url(f"issues/{number}/comments?per_page={_PAGE}")
        while url:
            if not url.startswith(f"{self.address}/"):
                raise ForgeError(f"{self.address}: its next page is at another address, {url}")
            answer = self._request("GET", url)
            yield from _document(answer)
            url = answer.links.get("next", {}).get("url")

    def _login(self) -> str:
        """Return who the token belongs to, "" where the forge does not say."""
        try:
            return str(_document(self._request("GET", f"{self.address}/user"))["login"])
        except _RefusedError:
            return ""

    def _persist(self, what: str, permission: str, attempt: Callable[[], T]) -> T:
        try:
            return self.patience.persist(what, attempt, self.say)
        except Hiccup as hiccup:
            raise ForgeError(
                f"{what}: {hiccup}, {self.patience.attempts} times",
                f"Check that {self.address} is reachable and well, and run this again: nothing is posted twice.",
            ) from None
        except _RefusedError as refused:
            raise ForgeError(
                f"{what}: {refused}", refused.hint(self.repository, permission)
            ) from None

    def _send(self, method: str, path: str, document: Mapping[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = _document(self._request(method, self._url(path), document))
        return found

    def _url(self, path: str) -> str:
        return f"{self.address}/repos/{self.repository}/{path}"

    def _request(
        self, method: str, url: str, document: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Make a request once. Raises Hiccup for a cause that may pass, _RefusedError or ForgeError for others."""
        headers = {
            "Accept": "application/vnd.github+json",
            "User-Agent": "ci",
            "X-GitHub-Api-Version": _VERSION,
        }
        try:
            answer = self._session.request(
                method,
                url,
                headers=headers,
                auth=_Token(self.token),
                timeout=_TIMEOUT,
                # A repository that has moved: the token goes nowhere else.
                allow_redirects=False,
                json=document,
            )
        except requests.RequestException as error:
            raise trouble(self.address, error, ForgeError) from error
        if answer.ok and not answer.is_redirect:
            return answer
        wait = _wait(answer)
        if wait is not None and wait > self.patience.longest:
            raise ForgeError(
                f"{_said(answer)}: it wants no more for {wait:.0f} s",
                "Run this again after that time.",
            )
        if wait is not None or answer.status_code in _PASSING:
            raise Hiccup(_said(answer), wait)
        if answer.status_code in _REFUSED:
            raise _RefusedError(answer)
        raise ForgeError(
            f"{self.address}: {method} {url.removeprefix(self.address)}: {_said(answer)}"
        )


class _RefusedError(Exception):
    """The forge does not let us in, or says that there is no such thing: it says so of what may not be seen, too."""

    def __init__(self, answer: requests.Response) -> None:
        super().__init__(_said(answer))
        self.status = answer.status_code

    def hint(self, repository: str, permission: str) -> str:
        if self.status == requests.codes.unauthorized:
            return "The token is none, or no longer one: give another one as --token."
        return f"Check that {repository} has it, and that the token has the permission {permission!r} there."


def _document(answer: requests.Response) -> Any:  # noqa: ANN401 - JSON
    try:
        return answer.json()
    except requests.JSONDecodeError:
        raise ForgeError(
            f"{answer.url.partition('?')[0]} answers with what is no JSON", "Is it a forge's API?"
        ) from None


def _wait(answer: requests.Response) -> float | None:
    """Return how long the forge wants nothing, in seconds, None if it does not say that."""
    if answer.status_code not in {403, 429}:
        return None
    asked = retry_after(answer)
    if asked is None and answer.headers.get("x-ratelimit-remaining") == "0":
        asked = float(answer.headers.get("x-ratelimit-reset", 0)) - time.time()
    return asked


def _said(answer: requests.Response) -> str:
    """Return the status of an answer, and the forge's own words."""
    text = f"HTTP {answer.status_code}"
    try:
        document = answer.json()
        details = [str(each.get("message", each)) for each in document.get("errors", [])]
        return f"{text} {'; '.join([document['message'], *details])}"[:_ANSWER]
    except (ValueError, LookupError, TypeError, AttributeError):
        return f"{text} {answer.reason or ''}".rstrip()
