"""Findings: what a scanner or a linter found, whatever the tool."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum, IntEnum
from typing import Any, Final

from ci.printable import printable

COMMIT_DIGITS: Final = 12
"""So many digits of a commit's hash are shown."""

TRIVY: Final = "trivy"
"""What found it where nothing else is said: documents made before there were other tools do not say it."""


class Kind(Enum):
    """What sort of finding it is."""

    VULNERABILITY = "vulnerability"
    MISCONFIGURATION = "misconfiguration"
    SECRET = "secret"  # noqa: S105 - a kind's name
    LICENCE = "licence"
    FORMAT = "format"
    LINT = "lint"
    TYPES = "types"
    CODE = "code"
    TEST = "test"
    DOCS = "docs"
    WORKFLOW = "workflow"
    CONTRACT = "contract"
    COVERAGE = "coverage"


class Severity(IntEnum):
    """How bad it is; a greater one is worse."""

    UNKNOWN = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding. It never holds a secret's value: only where it is, and which rule found it."""

    kind: Kind
    id: str
    """Of the vulnerability, the rule or the licence."""

    severity: Severity
    target: str
    """What was looked at: the source, or an image by its name."""

    path: str = ""
    """The file in it; none for a package of the system."""

    line: int = 0
    """From 1; 0 for the whole file."""

    package: str = ""
    installed: str = ""
    fixed: str = ""
    """The versions in which it is mended, if there are any."""

    title: str = ""
    """What is wrong, as the rule says it of all that it finds."""

    message: str = ""
    """What is wrong here, where the tool says it."""

    remedy: str = ""
    """What to do next, where the tool or this module knows it."""

    link: str = ""
    commit: str = ""
    """In which it came, where the history is looked at."""

    tool: str = TRIVY
    """By which it was found."""

    @property
    def place(self) -> str:
        """The file and the line, as far as there are any; else what was looked at."""
        if not self.path:
            return self.target
        return f"{self.path}:{self.line}" if self.line else self.path

    @property
    def address(self) -> str:
        """Which one it is, for a waiver of it alone: COMMIT:PATH:RULE:LINE, without a commit where there is none."""
        commit = f"{self.commit[:COMMIT_DIGITS]}:" if self.commit else ""
        return f"{commit}{self.path}:{self.id}:{self.line}"

    @property
    def says(self) -> str:
        """What is wrong, as closely as it is said."""
        return self.message or self.title or self.id

    @property
    def order(self) -> tuple[int, str, str, str, int, tuple[str, ...]]:
        """What findings are sorted by: the worst first, then by where they are, then by what they say."""
        said = (self.id, self.package, self.installed, self.message, self.tool)
        return (-self.severity, self.kind.value, self.target, self.path, self.line, said)

    @property
    def fit(self) -> "Finding":
        """The finding with texts that may be shown (see `ci.printable`)."""
        values = ((entry.name, getattr(self, entry.name)) for entry in fields(self))
        texts: dict[str, Any] = {
            name: printable(value) for name, value in values if isinstance(value, str)
        }
        return replace(self, **texts)

    @property
    def fingerprint(self) -> str:
        """What stays when its line, a number in its message or the package's version changes: 32 hexadecimal digits.

        Findings that differ only in that share it: where they are compared, they are counted.
        """
        said = " ".join(_NUMBER.sub("0", self.message).split())
        told = (self.tool, self.id, self.target, self.path, self.package, said)
        return hashlib.sha256("\0".join(told).encode()).hexdigest()[:32]

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "kind": self.kind.value,
            "id": self.id,
            "severity": self.severity.name,
            "target": self.target,
            "path": self.path,
            "line": self.line,
            "package": self.package,
            "installed": self.installed,
            "fixed": self.fixed,
            "title": self.title,
            "message": self.message,
            "remedy": self.remedy,
            "link": self.link,
            "commit": self.commit,
            "tool": self.tool,
        }


@dataclass(frozen=True, slots=True)
class Look:
    """What a scanner looked at, and what it found there."""

    findings: tuple[Finding, ...] = ()
    packages: int = 0
    """Packages that it knows the versions of."""

    files: int = 0
    """Files that it read packages or settings from. Those that it read for secrets and licences, it does not count."""

    commits: int = 0
    """Commits whose changes it read."""
    notes: tuple[str, ...] = ()
    """What else there is to say of it: lines that are no findings."""

    percent: float | None = None
    """How much of the code ran, where that was measured."""

    def __add__(self, other: "Look") -> "Look":
        return Look(
            self.findings + other.findings,
            self.packages + other.packages,
            self.files + other.files,
            self.commits + other.commits,
            self.notes + other.notes,
            other.percent if self.percent is None else self.percent,
        )

    @property
    def given(self) -> str:
        """How many commits, packages or files there were, in words; "" where nobody counted."""
        if self.commits:
            return _count(self.commits, "commit")
        if self.packages:
            return str(self)
        return _count(self.files, "file") if self.files else ""

    def __str__(self) -> str:
        return f"{_count(self.packages, 'package')}, {_count(self.files, 'file')}"


def read(document: Mapping[str, Any]) -> Finding:
    """Return the finding of a document that `Finding.document` gave, now or before it told the tool.

    Raises KeyError or ValueError for another.
    """
    later = {"message": "", "remedy": "", "commit": "", "tool": TRIVY}
    given = {**later, **document}
    values = {entry.name: given[entry.name] for entry in fields(Finding)}
    severity = Severity[values.pop("severity")]
    return Finding(kind=Kind(values.pop("kind")), severity=severity, **values)


_NUMBER: Final = re.compile(r"\b\d+\b")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
