"""mypy: its command line, and its lines of JSON as findings (https://mypy.readthedocs.io)."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from ci.findings import Finding, Kind, Severity
from ci.inspection.linter import TARGET, Answer, Linter, relative

NAME: Final = "mypy"

SYNTAX: Final = "syntax"
"""The rule of a file that is no Python: mypy looks at nothing else then."""

NAMELESS: Final = "error"
"""The rule where mypy names none: what it stops at, such as one module in two places."""

_BROKEN_FILE: Final = 2
"""The exit code where a file is no Python, which is a finding; for all else that it ends so there is none."""

_PAGE: Final = "https://mypy.readthedocs.io/en/stable/_refs.html#code-"


def command(paths: Sequence[str]) -> list[str]:
    """Return the command that writes findings as JSON, one a line."""
    return ["python", "-m", NAME, "--output=json", "--cache-dir=/dev/null", *paths]


def read(answer: Answer) -> Iterator[Finding]:
    """Yield mypy's errors. Its notes explain them, and are none."""
    # Where nothing is wrong it writes an empty line.
    for text in filter(None, answer.stdout.split("\n")):
        entry = json.loads(text)
        if entry["severity"] == "error":
            rule = entry["code"] or NAMELESS
            link = f"{_PAGE}{rule}" if entry["code"] else ""
            hint = entry["hint"] or (f"see {link}" if link else "")
            yield Finding(
                kind=Kind.TYPES,
                id=rule,
                severity=Severity.HIGH,
                target=TARGET,
                path=relative(entry["file"]),
                line=max(entry["line"], 0),
                message=entry["message"],
                remedy=hint,
                link=link,
                tool=NAME,
            )


MYPY: Final = Linter(name=NAME, command=command, read=read, codes=frozenset({0, 1, _BROKEN_FILE}))
