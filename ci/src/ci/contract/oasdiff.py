"""oasdiff: its command line, and its JSON as findings (https://www.oasdiff.com/docs/breaking-changes)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ci.errors import ReportError
from ci.findings import Finding, Kind, Severity
from ci.settings import TABLE

NAME: Final = "oasdiff"
FOLDER: Final = "contract/oasdiff"
"""Where this module has its go.mod and go.sum."""

PACKAGE: Final = "github.com/oasdiff/oasdiff"

_LINK: Final = "https://www.oasdiff.com/docs/breaking-changes"
_REMEDY: Final = (
    "keep what clients know: deprecate it first (`deprecated: true` and `x-sunset`), or give the new form another path;"
    f" where it is meant, waive it until a day: [[{TABLE}.waivers]] with this id and the operation as `package`"
)
_SEVERITIES: Final = {3: Severity.HIGH, 2: Severity.MEDIUM, 1: Severity.LOW}
"""Of oasdiff's levels: it breaks clients, it may break some, it breaks none."""

_NOTICED: Final = (
    ("api-security-", "clients without the credentials that it asks for are refused"),
    ("api-", "whoever calls it as until now is refused"),
    ("request-", "clients that send what was allowed until now are refused"),
    ("new-required-request-", "clients that do not send it are refused"),
    ("response-", "clients that rely on what it answered until now break"),
)
"""Who notices a change, by the first of these that its rule begins with."""


def command(before: str, after: str) -> list[str]:
    """Return the command that writes what breaks between two documents, by their paths, as JSON."""
    return [NAME, "breaking", before, after, "--format=json", "--allow-external-refs=false"]


def read(text: str, path: str) -> Iterator[Finding]:
    """Yield what breaks, from oasdiff's JSON; `path` is the document's in the source. Raises ReportError."""
    try:
        yield from [_finding(entry, path) for entry in json.loads(text)]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ReportError(
            f"{NAME}'s report cannot be read: {error!r}: {text[:80]!r}",
            "Look at what it printed: nothing is known of the contract until it runs.",
        ) from None


def _finding(entry: Mapping[str, Any], path: str) -> Finding:
    rule = entry["id"]
    noticed = next((f"{who}: " for start, who in _NOTICED if rule.startswith(start)), "")
    return Finding(
        kind=Kind.CONTRACT,
        id=rule,
        severity=_SEVERITIES[entry["level"]],
        target="source",
        path=path,
        # What is gone has no line in the document as it is now.
        line=entry.get("revisionSource", {}).get("line", 0),
        package=f"{entry.get('operation', '')} {entry.get('path', '')}".strip(),
        message=entry["text"].rstrip("."),
        remedy=f"{noticed}{_REMEDY}",
        link=_LINK,
        tool=NAME,
    )
