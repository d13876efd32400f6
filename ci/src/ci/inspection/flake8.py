"""Flake8: its command line, and its lines as findings (https://flake8.pycqa.org)."""

from collections.abc import Iterator, Sequence
from typing import Final

from ci.findings import Finding, Kind, Severity
from ci.inspection.linter import TARGET, Answer, Linter, relative

NAME: Final = "flake8"

_FORMAT: Final = "%(path)s\t%(row)d\t%(code)s\t%(text)s"
_UNREAD: Final = {"E902", "E999"}


def command(paths: Sequence[str]) -> list[str]:
    """Return the command that writes a line for each finding: path, line, rule and text, with tabs between them."""
    return ["python", "-m", NAME, f"--format={_FORMAT}", *paths]


def read(answer: Answer) -> Iterator[Finding]:
    """Yield Flake8's findings. Raises ValueError for a line of another form."""
    for text in filter(None, answer.stdout.split("\n")):
        path, row, rule, message = text.split("\t", maxsplit=3)
        yield Finding(
            kind=Kind.LINT,
            id=rule,
            severity=Severity.HIGH if rule in _UNREAD else Severity.MEDIUM,
            target=TARGET,
            path=relative(path),
            line=int(row),
            message=message,
            tool=NAME,
        )


FLAKE8: Final = Linter(name=NAME, command=command, read=read)
