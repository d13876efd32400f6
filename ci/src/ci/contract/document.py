"""The OpenAPI document of a source: what is committed, and what the code gives."""

import itertools
import json
from typing import Final

from ci.findings import Finding, Kind, Severity

NAME: Final = "openapi"
OUTDATED: Final = "outdated"


def outdated(committed: str, given: str, path: str, command: str) -> Finding | None:
    """Return the finding of a committed document that is not what the code gives, None if it is.

    command: that gives it, for people. What is written otherwise but says the same is the same.
    """
    if committed == given or _same(committed, given):
        return None
    return Finding(
        kind=Kind.CONTRACT,
        id=OUTDATED,
        severity=Severity.HIGH,
        target="source",
        path=path,
        line=_first_difference(committed, given),
        message=f"it is not the document that `{command}` gives",
        remedy=f"`{command} > {path}`, and look at what changed",
        tool=NAME,
    )


def _same(one: str, other: str) -> bool:
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


def _first_difference(committed: str, given: str) -> int:
    """Return the first line of the committed document that is not as it is given."""
    ours, theirs = committed.splitlines(), given.splitlines()
    alike = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(ours, theirs, strict=False))
    # What is missing at the end is missing after the last line.
    return min(sum(1 for _ in alike) + 1, max(len(ours), 1))
