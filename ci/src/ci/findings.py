"""Findings: what a scanner or a linter found, whatever the tool."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum, IntEnum
from typing import Any


class Kind(Enum):
    """What sort of finding it is."""

    VULNERABILITY = "vulnerability"
    MISCONFIGURATION = "misconfiguration"
    SECRET = "secret"  # noqa: S105 - a kind's name
    LICENCE = "licence"


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
    link: str = ""

    @property
    def place(self) -> str:
        """The file and the line, as far as there are any; else what was looked at."""
        if not self.path:
            return self.target
        return f"{self.path}:{self.line}" if self.line else self.path

    @property
    def order(self) -> tuple[int, str, str, str, int, str]:
        """What findings are sorted by: the worst first, then by where they are."""
        return (-self.severity, self.kind.value, self.target, self.path, self.line, self.id)

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
            "link": self.link,
        }


@dataclass(frozen=True, slots=True)
class Look:
    """What a scanner looked at, and what it found there."""

    findings: tuple[Finding, ...] = ()
    packages: int = 0
    """Packages that it knows the versions of."""

    files: int = 0
    """Files that it read packages or settings from. Those that it read for secrets and licences, it does not count."""

    def __add__(self, other: "Look") -> "Look":
        return Look(
            self.findings + other.findings,
            self.packages + other.packages,
            self.files + other.files,
        )

    def __str__(self) -> str:
        return ", ".join(
            f"{number} {word}{'' if number == 1 else 's'}"
            for number, word in ((self.packages, "package"), (self.files, "file"))
        )


def read(document: Mapping[str, Any]) -> Finding:
    """Return the finding of a document that `Finding.document` gave. Raises KeyError or ValueError for another."""
    values = {entry.name: document[entry.name] for entry in fields(Finding)}
    severity = Severity[values.pop("severity")]
    return Finding(kind=Kind(values.pop("kind")), severity=severity, **values)
