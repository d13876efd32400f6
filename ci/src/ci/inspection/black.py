"""Black: its command lines, and what it would change as findings (https://black.readthedocs.io)."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ci.findings import Finding, Kind, Severity
from ci.inspection.linter import TARGET, Answer, Linter, relative

NAME: Final = "black"
FORMAT: Final = "format"
"""The rule of a file that Black would change; Black itself names none."""

SYNTAX: Final = "syntax"
"""The rule of a file that Black cannot read."""

REMEDY: Final = "`dagger generate format-fix` formats it"

_UNREADABLE: Final = 123
_FILE: Final = re.compile(r"^--- (.+)\t.*\n\+\+\+ .*\n", flags=re.MULTILINE)
_HUNK: Final = re.compile(r"^@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@.*\n", flags=re.MULTILINE)
# The first as Black 26 says it, the other one as earlier ones do.
_ERRORS: Final = (
    re.compile(r"^error: cannot parse: (?P<path>.+):(?P<line>\d+):\d+$", flags=re.MULTILINE),
    re.compile(
        r"^error: cannot format (?P<path>.+?): Cannot parse.*: (?P<line>\d+):\d+: .*$",
        flags=re.MULTILINE,
    ),
)


def command(paths: Sequence[str]) -> list[str]:
    """Return the command that writes what would change, as a diff."""
    return ["python", "-m", NAME, "--check", "--diff", "--quiet", "--no-color", *paths]


def fix_command(paths: Sequence[str]) -> list[str]:
    """Return the command that formats files in their places."""
    return ["python", "-m", NAME, "--quiet", *paths]


def read(answer: Answer) -> Iterator[Finding]:
    """Yield a finding for each file that would change, and for each that is no Python.

    Raises ValueError if Black could not read a file and does not say which.
    """
    parts = _FILE.split(answer.stdout)[1:]
    for path, diff in zip(parts[::2], parts[1::2], strict=True):
        yield _change(relative(path), diff)
    unread = [found for pattern in _ERRORS for found in pattern.finditer(answer.stderr)]
    if answer.exit_code == _UNREADABLE and not unread:
        raise ValueError("a file could not be read")
    for found in unread:
        yield _finding(SYNTAX, relative(found["path"]), int(found["line"]), "this is no Python")


def _change(path: str, diff: str) -> Finding:
    """Return the finding of a file, at the first of the lines that would change."""
    parts = _HUNK.split(diff)[1:]
    lines = [
        line
        for start, hunk in zip(parts[::2], parts[1::2], strict=True)
        for line in _changed(int(start), hunk)
    ]
    # Words that stay as they are when the number changes: the file's finding stays the same one.
    message = f"Black would change it here (places in all: {len(lines)})"
    return _finding(FORMAT, path, lines[0], message, REMEDY)


def _changed(line: int, hunk: str) -> Iterator[int]:
    """Yield the first line of each run of lines that a hunk changes; it begins at `line`."""
    before = " "
    # Not splitlines: what it takes for the end of a line may stand in one, such as a form feed.
    for text in hunk.rstrip("\n").split("\n"):
        mark = text[:1] or " "
        if mark in {"-", "+"} and before not in {"-", "+"}:
            yield max(line, 1)
        line += mark not in {"+", "\\"}
        before = mark


def _finding(rule: str, path: str, line: int, message: str, remedy: str = "") -> Finding:
    return Finding(
        kind=Kind.FORMAT,
        id=rule,
        severity=Severity.LOW if rule == FORMAT else Severity.HIGH,
        target=TARGET,
        path=path,
        line=line,
        message=message,
        remedy=remedy,
        tool=NAME,
    )


BLACK: Final = Linter(
    name=NAME,
    command=command,
    read=read,
    codes=frozenset({0, 1, _UNREADABLE}),
    alone=True,
)
