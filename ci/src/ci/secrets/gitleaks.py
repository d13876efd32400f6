"""Gitleaks: its command lines, and its JSON as findings (https://github.com/gitleaks/gitleaks).

It leaves values out by itself (`--redact`), and what it found goes into a file, not to where steps are shown.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from ci.errors import ReportError, ToolError
from ci.findings import COMMIT_DIGITS, Finding, Kind, Severity
from ci.inspection.linter import TARGET

NAME: Final = "gitleaks"
FOUND: Final = 10
"""The exit code that is asked for where something is found: 1 and 2 are those of errors."""

_AFTER: Final = "after/"
# Merges are compared with what git itself would have made of them: what is in neither parent. What git takes for
# binary, or attributes hide, is shown as well. The prefix tells how a path begins in a conflict, see `_path`.
_LOG: Final = (
    f"--all --full-history --remerge-diff --text --src-prefix=before/ --dst-prefix={_AFTER}"
)
_LINES: Final = 10
_COUNT: Final = re.compile(r"(\d+) commits scanned")
_BROKEN: Final = re.compile(r"\b(?:ERR|FTL|panic)\b")
_GENERAL: Final = {
    "generic-api-key",
    "password-assignment",
    "password-in-address",
    "secret-in-pair",
    "token-in-escaped-text",
}
REMEDY: Final = (
    "rotate it first, then take it out; if it is none, or void, waive COMMIT:PATH:RULE:LINE (no COMMIT before a commit)"
)
"""What to do. Whoever has the repository has the secret, so that taking it out alone mends nothing."""


def history_command(configuration: str, report: str) -> list[str]:
    """Return the command that looks at every commit of the repository in the working directory."""
    return [*_command(configuration, report), f"--log-opts={_LOG}"]


def uncommitted_command(configuration: str, report: str) -> list[str]:
    """Return the command that looks at what the work tree in the working directory adds to its index."""
    return [*_command(configuration, report), "--pre-commit"]


def _command(configuration: str, report: str) -> list[str]:
    written = ["--report-format=json", f"--report-path={report}", "--redact"]
    shown = ["--no-banner", "--no-color"]
    return [NAME, "git", ".", f"--config={configuration}", *written, *shown, f"--exit-code={FOUND}"]


def ended(exit_code: int, stderr: str) -> None:
    """Raise ToolError if gitleaks broke off. It says so, and may yet end well: with no commit looked at, for one."""
    if exit_code not in {0, FOUND} or _BROKEN.search(stderr):
        lines = stderr.strip().splitlines()
        said = "\n".join([*filter(_BROKEN.search, lines)] or lines[-_LINES:]) or "it wrote nothing"
        raise ToolError(
            f"gitleaks broke off with exit code {exit_code}:\n{said}",
            "Nothing is known of secrets until it runs: mend its configuration, or the repository.",
        )


def commits(stderr: str) -> int:
    """Return how many commits with changes gitleaks looked at. Raises ToolError if it was none."""
    found = _COUNT.search(stderr)
    if not found or not int(found[1]):
        raise ToolError(
            "gitleaks looked at no commit", "Commit something; an empty history proves nothing."
        )
    return int(found[1])


def parse(text: str) -> tuple[Finding, ...]:
    """Read a report. Raises ReportError, which never quotes it."""
    try:
        # A slice: what is no list has none.
        return tuple(_distinct(map(_finding, json.loads(text)[:])))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ReportError(
            f"gitleaks' report cannot be read ({type(error).__name__})",
            "This module reads the JSON of gitleaks 8; set another image, or take the default one.",
        ) from None


def _finding(entry: dict[str, Any]) -> Finding:
    commit = entry["Commit"]
    return Finding(
        kind=Kind.SECRET,
        id=entry["RuleID"],
        severity=Severity.CRITICAL,
        target=TARGET,
        path=_path(entry["File"]),
        line=int(entry["StartLine"]),
        title=entry["Description"],
        message=came(commit, entry["Date"]),
        remedy=REMEDY,
        commit=commit,
        tool=NAME,
    )


def _distinct(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings without what a general rule says of a line that another one knows better."""
    lines: dict[tuple[str, str, int], list[Finding]] = {}
    for finding in findings:
        lines.setdefault((finding.commit, finding.path, finding.line), []).append(finding)
    for found in lines.values():
        yield from [finding for finding in found if finding.id not in _GENERAL] or found[:1]


def came(commit: str, date: str) -> str:
    """Return when a secret came into the history, in words: the commit, and its author's day out of an ISO date."""
    return f"in {commit[:COMMIT_DIGITS]} of {date[:10]}" if commit else "not committed yet"


def _path(file: str) -> str:
    """Return a path as the repository has it: of a file in conflict gitleaks takes the prefix for a folder."""
    return file.removeprefix(_AFTER)
