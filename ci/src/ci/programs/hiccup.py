"""What may pass when a registry or a forge is asked, and how long to wait for that."""

from __future__ import annotations

import email.utils
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import requests

from ci.programs.errors import ProgramError, RegistryError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_CERTIFICATE: Final = "certificate"


@dataclass(frozen=True, slots=True)
class Patience:
    """How often something is tried, and the waits between: doubled each time, or as the server asks; in seconds."""

    attempts: int = 5
    first: float = 0.5
    longest: float = 30.0

    def wait(self, attempt: int, asked: float | None) -> float:
        """Return how long to wait after an attempt, the first being 0."""
        wait = self.first * 2**attempt if asked is None else asked
        return min(max(wait, 0.0), self.longest)

    def persist(self, what: str, attempt: Callable[[], T], say: Callable[[str], None]) -> T:
        """Return what an attempt returns, trying again while it raises Hiccup. Raises the last one in the end.

        say: takes a line where something has to be tried again.
        """
        for number in range(self.attempts - 1):
            try:
                return attempt()
            except Hiccup as hiccup:
                wait = self.wait(number, hiccup.wait)
                say(f"{what}: {hiccup}; tried again in {wait:.1f} s")
                time.sleep(wait)
        return attempt()


class Hiccup(Exception):  # noqa: N818 - no error yet: the next attempt may succeed
    """An attempt failed for a cause that may pass; `wait` is what the server asks for, in seconds."""

    def __init__(self, cause: str, wait: float | None = None) -> None:
        super().__init__(cause)
        self.wait = wait


def trouble(
    name: str, error: requests.RequestException, kind: type[ProgramError] = RegistryError
) -> Hiccup | ProgramError:
    """Return what to raise for an error on the way: Hiccup, or `kind` where another attempt would not help."""
    cause = cause_of(error)
    if cause.startswith(_CERTIFICATE):
        return kind(
            f"{name}: its {cause}",
            "Add its authority to the trusted ones: SSL_CERT_FILE or REQUESTS_CA_BUNDLE.",
        )
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return kind(f"{name}: it sends to an address that is none")
    return Hiccup(cause)


def cause_of(error: BaseException) -> str:
    """Return the innermost cause in words, without addresses: their queries may hold what nobody else may know."""
    found: BaseException | None = error
    cause = "the connection failed"
    seen: set[int] = set()
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        if isinstance(found, ssl.SSLCertVerificationError):
            return f"{_CERTIFICATE} is not accepted: {found.verify_message}"
        if isinstance(found, TimeoutError | requests.Timeout):
            cause = "no answer in time"
        elif isinstance(found, OSError) and found.strerror:
            cause = found.strerror.lower()
        elif isinstance(found, ConnectionError | requests.exceptions.ChunkedEncodingError):
            cause = "the connection was dropped"
        inner = [each for each in found.args if isinstance(each, BaseException)]
        reason = getattr(found, "reason", None)
        if isinstance(reason, BaseException):
            inner.insert(0, reason)
        found = inner[0] if inner else found.__cause__ or found.__context__
    return cause


def retry_after(answer: requests.Response) -> float | None:
    """Return the seconds of Retry-After, which is a number or a date; None if there is none that can be read."""
    text = answer.headers.get("Retry-After", "")
    if text.isdecimal():
        return float(text)
    try:
        return email.utils.parsedate_to_datetime(text).timestamp() - time.time()
    except ValueError:
        return None
