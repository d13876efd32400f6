"""A forge on the loopback with comments and statuses: the part of GitHub's REST API that is used, and its errors."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.ci.programs.service import free_port, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = "ada/shop"
LIMIT = 65_536
DESCRIPTION = 140
STATES = {"error", "failure", "pending", "success"}
FORBIDDEN = (403, {"message": "Resource not accessible by personal access token"})
ABSENT = (404, {"message": "Not Found"})


@dataclass(frozen=True)
class Account:
    """Who a token belongs to and what it may do. `installation`: its token does not say who it is."""

    login: str
    permissions: frozenset[str] = frozenset({"pull-requests", "statuses"})
    installation: bool = False

    @property
    def user(self) -> dict[str, str]:
        return {"login": self.login, "type": "Bot" if self.installation else "User"}


@dataclass
class Fault:
    """What a request of this method is answered instead, once. `done`: after it did what was asked."""

    method: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    done: bool = False


@dataclass
class CodeHost:
    """A forge with one repository and one pull request."""

    tokens: dict[str, Account]
    number: int = 7
    faults: list[Fault] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    statuses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    port: int = field(default_factory=free_port)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def comment(self, account: Account, body: str) -> dict[str, Any]:
        """Add a comment, and return it."""
        name = len(self.comments) + 1
        page = f"{self.address}/{REPOSITORY}/pull/{self.number}#issuecomment-{name}"
        self.comments.append({"id": name, "user": account.user, "body": body, "html_url": page})
        return self.comments[-1]

    def latest(self, commit: str) -> dict[str, dict[str, Any]]:
        """Return the statuses of a commit as a forge shows them: the last one of each context."""
        return {status["context"]: status for status in self.statuses.get(commit, [])}

    def read(self, account: Account, path: str, query: dict[str, str]) -> tuple[int, Any]:
        """Return what a GET is answered: the token's owner, or a page of comments."""
        if path == "/user":
            return FORBIDDEN if account.installation else (200, account.user)
        if path == f"/repos/{REPOSITORY}/issues/{self.number}/comments":
            size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
            return 200, self.comments[(page - 1) * size : page * size]
        return ABSENT

    def write(self, account: Account, path: str, given: dict[str, str]) -> tuple[int, Any]:
        """Do what a POST or PATCH asks for, and return what it is answered."""
        if not path.startswith(f"/repos/{REPOSITORY}/"):
            return ABSENT
        what, *parts = path.removeprefix(f"/repos/{REPOSITORY}/").split("/")
        needed = {"issues": "pull-requests", "statuses": "statuses"}[what]
        if needed not in account.permissions:
            return FORBIDDEN
        return (
            self._comment(account, parts, given) if what == "issues" else self._status(parts, given)
        )

    def _comment(
        self, account: Account, parts: list[str], given: dict[str, str]
    ) -> tuple[int, Any]:
        if len(given["body"]) > LIMIT:
            return 422, {"message": "Validation Failed", "errors": [{"message": "too long"}]}
        if parts[0] == "comments":
            self.comments[int(parts[1]) - 1]["body"] = given["body"]
            return 200, self.comments[int(parts[1]) - 1]
        if parts != [str(self.number), "comments"]:
            return ABSENT
        return 201, self.comment(account, given["body"])

    def _status(self, parts: list[str], given: dict[str, str]) -> tuple[int, Any]:
        (commit,) = parts
        if not re.fullmatch(r"[0-9a-f]{40}", commit):
            return 422, {"message": f"No commit found for SHA: {commit}"}
        if given["state"] not in STATES or len(given["description"]) > DESCRIPTION:
            return 422, {"message": "Validation Failed"}
        self.statuses.setdefault(commit, []).append(given)
        return 201, given

    def links(self, path: str, query: dict[str, str]) -> str:
        """Return the header Link of a page of comments."""
        size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
        if not path.endswith("/comments") or page * size >= len(self.comments):
            return ""
        url = f"{self.address}{path}?per_page={size}&page="
        return f'<{url}{page + 1}>; rel="next", <{url}{-(-len(self.comments) // size)}>; rel="last"'

    @contextmanager
    def running(self) -> Iterator[CodeHost]:
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                link = host.links(parts.path, query)
                self._answer(lambda account: host.read(account, parts.path, query), Link=link)

            def do_POST(self) -> None:
                given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(lambda account: host.write(account, self.path, given))

            def do_PATCH(self) -> None:
                self.do_POST()

            def _answer(self, act: Callable[[Account], tuple[int, Any]], **headers: str) -> None:
                fault = next((each for each in host.faults if each.method == self.command), None)
                account = host.tokens.get(self.headers["Authorization"].removeprefix("Bearer "))
                found: tuple[int, Any] = (401, {"message": "Bad credentials"})
                if account is not None and (fault is None or fault.done):
                    found = act(account)
                if fault is not None:
                    host.faults.remove(fault)
                    found, headers = (fault.status, {"message": "as told"}), fault.headers
                self._say(*found, headers)

            def _say(self, status: int, document: object, headers: dict[str, str]) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        with serving(Handler, self.port):
            yield self
