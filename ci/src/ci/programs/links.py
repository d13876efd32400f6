"""Whether the links of Markdown pages lead somewhere: to files and anchors of the source, and by their form outside."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ci.programs.pages import Page

WEB: Final = ("http", "https")
_OTHERS: Final = ("mailto", "tel")
_TIMEOUT_SECONDS: Final = 20
# There is something; it does not speak to everybody, or not to programs.
_REFUSED: Final = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.NOT_IMPLEMENTED,
}


@dataclass(frozen=True)
class Finding:
    """Something to mend in a page, as `ci.findings.Finding` has it."""

    id: str
    path: str
    line: int
    message: str
    remedy: str


def check(
    pages: Mapping[str, Page], names: set[str], known: Callable[[str], Page | None]
) -> Iterator[Finding]:
    """Yield a finding for each link that leads nowhere.

    pages: what is checked, by their paths. names: all files of the source. known: returns any page of it, None for
    what is no page.
    """
    folders = {folder for name in names for folder in _above(name)}
    for path, page in pages.items():
        for lost in page.unresolved:
            said = f"[{lost.text}] is defined nowhere in the page"
            yield Finding("reference", path, lost.line, said, "define it below: `[NAME]: ADDRESS`")
        for link in page.links:
            fault = _fault(link.text, path, names | folders, known)
            if fault:
                yield Finding(fault[0], path, link.line, *fault[1:])


def _above(name: str) -> Iterator[str]:
    while name:
        name = posixpath.dirname(name)
        yield name or "."


def _fault(
    target: str, page: str, names: set[str], known: Callable[[str], Page | None]
) -> tuple[str, str, str] | None:
    """Return the rule that a link breaks, what is wrong, and what to do; None for a good one."""
    try:
        parts = urlsplit(target)
        host = parts.hostname
    except ValueError as error:
        return "address", f"{target} is no address: {error}", "mend the address"
    if parts.scheme or parts.netloc:
        fault = _form(parts.scheme, host)
        return ("address", f"{target} {fault}", "mend the address") if fault else None
    path = page
    if parts.path:
        start = "" if parts.path.startswith("/") else posixpath.dirname(page)
        path = posixpath.normpath(posixpath.join(start, unquote(parts.path).lstrip("/")))
    if path not in names:
        return (
            "link",
            f"{target} leads to {path}, which is not in the source",
            "mend the path, or take the link out",
        )
    found = known(path) if parts.fragment else None
    if found is not None and unquote(parts.fragment) not in found.anchors:
        return (
            "anchor",
            f"{target}: {path} has no heading #{parts.fragment}",
            "link to a heading that is there",
        )
    return None


def _form(scheme: str, host: str | None) -> str:
    """Return what is wrong with an address outside of the source, as far as its form says it."""
    if scheme in WEB:
        return "" if host else "names no host"
    return "" if scheme in _OTHERS else "is neither of the web nor a path"


def addresses(pages: Mapping[str, Page]) -> dict[str, tuple[str, int]]:
    """Return the addresses of the web that pages link to, each with the page and the line where it is first."""
    found: dict[str, tuple[str, int]] = {}
    for path, page in pages.items():
        for link in page.links:
            if link.text.startswith(("http://", "https://")):
                found.setdefault(link.text.partition("#")[0], (path, link.line))
    return found


def ask(address: str) -> str:
    """Ask for an address of the web; return why it does not answer, "" if it does."""
    try:
        answer = requests.head(address, timeout=_TIMEOUT_SECONDS, allow_redirects=True)
    except requests.RequestException as error:
        return str(error)
    if answer.ok or answer.status_code in _REFUSED:
        return ""
    return f"{answer.status_code} {answer.reason}"
