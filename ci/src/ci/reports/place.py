"""Where findings are, as links: to the line of a file where somebody serves it, and to what a tool says of a rule."""

from typing import Final
from urllib.parse import quote, urlsplit

from ci.errors import SelectionError
from ci.findings import Finding

_SCHEMES: Final = {"http", "https"}
_KEPT: Final = ":/?#[]@!$&'*+,;=%~"
"""What an address may hold beside letters and digits (RFC 3986, 2), but for parentheses: they end links in Markdown."""


def check(link: str) -> str:
    """Return the prefix of files' addresses without the slash at its end. Raises SelectionError for what is none."""
    if link and not address(link):
        raise SelectionError(
            f"--link is {link!r}, which is no address",
            "Give what stands before the paths of files: https://HOST/OWNER/REPOSITORY/blob/COMMIT.",
        )
    return address(link).rstrip("/")


def of(finding: Finding, link: str) -> str:
    """Return the address of a finding's line; "" without a prefix or a file."""
    if not link or not finding.path:
        return ""
    return f"{link}/{quote(finding.path)}" + (f"#L{finding.line}" if finding.line else "")


def address(text: str) -> str:
    """Return an address as it may stand in a link; "" for what is none that a browser should follow."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return quote(text, safe=_KEPT) if parts.scheme in _SCHEMES and parts.netloc else ""
