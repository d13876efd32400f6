"""Ruff: its command lines, and its JSON as findings (https://docs.astral.sh/ruff)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ci.findings import Finding, Kind, Severity
from ci.inspection.linter import TARGET, Answer, Linter, relative

NAME: Final = "ruff"
SYNTAX: Final = "invalid-syntax"
"""The rule of a file that Ruff cannot read; earlier versions name none."""

_UNREAD: Final = {SYNTAX, "E902"}


def command(paths: Sequence[str]) -> list[str]:
    """Return the command that writes findings as JSON."""
    return ["python", "-m", NAME, "check", "--no-cache", "--output-format=json", *paths]


def fix_command(paths: Sequence[str]) -> list[str]:
    """Return the command that mends in their places what can be mended safely; what cannot is no failure."""
    return ["python", "-m", NAME, "check", "--no-cache", "--fix", "--quiet", "--exit-zero", *paths]


def read(answer: Answer) -> Iterator[Finding]:
    """Yield Ruff's findings."""
    for entry in json.loads(answer.stdout):
        rule = entry["code"] or SYNTAX
        yield Finding(
            kind=Kind.LINT,
            id=rule,
            severity=Severity.HIGH if rule in _UNREAD else Severity.MEDIUM,
            target=TARGET,
            path=relative(entry["filename"]),
            line=entry["location"]["row"],
            title=entry.get("name") or "",
            message=entry["message"],
            remedy=_remedy(entry),
            link=entry["url"] or "",
            tool=NAME,
        )


def _remedy(entry: Mapping[str, Any]) -> str:
    fix = entry["fix"]
    if fix and fix["applicability"] == "safe":
        return "`dagger generate format-fix` mends it"
    return f"see {entry['url']}" if entry["url"] else ""


RUFF: Final = Linter(name=NAME, command=command, read=read)
