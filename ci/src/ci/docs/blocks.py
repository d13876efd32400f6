"""Blocks of pages that something runs for: what they should hold, what is to mend, and the page with that mended."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from ci.findings import Finding, Kind, Severity
from ci.inspection.linter import TARGET, Answer

NAME: Final = "docs"
ELLIPSIS: Final = "…"
"""A line of an output that stands for any number of lines."""

_FIX: Final = "`dagger generate docs-fix` mends it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A block that runs; output: what it has to print, None where no block says so."""

    path: str
    line: int
    language: str
    text: str
    output: str | None = None
    output_line: int = 0

    @property
    def place(self) -> str:
        """Where it is."""
        return f"{self.path}:{self.line}"

    def findings(self, answer: Answer) -> list[Finding]:
        """Return what is to mend, after the block ran."""
        if answer.exit_code:
            said = answer.stderr.strip() or answer.stdout.strip() or "it printed nothing"
            last = said.splitlines()[-1]
            message = f"the block ends with exit code {answer.exit_code}: {last}"
            return [
                finding("run", self.path, self.line, message, "mend the block, or what it shows")
            ]
        if self.output is None or alike(self.output, answer.stdout):
            return []
        message = f"the block prints otherwise: {difference(self.output, answer.stdout)}"
        remedy = "write what it prints; a line … stands for what differs from run to run"
        return [finding("output", self.path, self.output_line, message, remedy)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """A block that holds what a command prints. line, last: of its fences, from 1."""

    path: str
    line: int
    last: int
    command: str
    text: str

    @property
    def place(self) -> str:
        """Where it is."""
        return f"{self.path}:{self.line}"

    def findings(self, answer: Answer) -> list[Finding]:
        """Return what is to mend, by what the command printed."""
        if answer.exit_code:
            last = (answer.stderr.strip() or "it printed nothing").splitlines()[-1]
            message = f"`{self.command}` ends with exit code {answer.exit_code}: {last}"
            return [finding("help", self.path, self.line, message, "mend the command")]
        if lines(self.text) == lines(answer.stdout):
            return []
        message = f"`{self.command}` prints otherwise: {difference(self.text, answer.stdout)}"
        return [finding("help", self.path, self.line, message, _FIX)]


def finding(rule: str, path: str, line: int, message: str, remedy: str) -> Finding:
    """Return a finding of this gate."""
    return Finding(
        kind=Kind.DOCS,
        id=rule,
        severity=Severity.MEDIUM,
        target=TARGET,
        path=path,
        line=line,
        message=message,
        remedy=remedy,
        tool=NAME,
    )


def read(document: dict[str, Any]) -> tuple[list[Finding], list[Run], list[Help]]:
    """Return what the program `documentation` wrote: its findings, and the blocks that something is to run for."""
    found = [
        finding(entry["id"], entry["path"], entry["line"], entry["message"], entry["remedy"])
        for entry in document["findings"]
    ]
    runs = [Run(**entry) for entry in document["runs"]]
    return found, runs, [Help(**entry) for entry in document["helps"]]


def lines(text: str) -> list[str]:
    """Return the lines of an output without what nobody sees: spaces at ends, empty lines around it."""
    return [line.rstrip() for line in text.strip("\n").rstrip().split("\n")]


def alike(expected: str, printed: str) -> bool:
    """Return whether an output is as expected, where a line … stands for any lines."""
    return _alike(lines(expected), lines(printed))


def _alike(expected: list[str], printed: list[str]) -> bool:
    if not expected:
        return not printed
    if expected[0].strip() == ELLIPSIS:
        return any(_alike(expected[1:], printed[skip:]) for skip in range(len(printed) + 1))
    return bool(printed) and expected[0] == printed[0] and _alike(expected[1:], printed[1:])


def difference(expected: str, printed: str) -> str:
    """Return the first line that differs, in words."""
    pairs = zip_longest(lines(expected), lines(printed))
    for number, (one, other) in enumerate(pairs, start=1):
        if one != other and (one or "").strip() != ELLIPSIS:
            there = "nothing" if other is None else repr(other)
            return f"line {number} is {there}, not {'there' if one is None else repr(one)}"
    return "it has other lines after …"


def mended(page: str, changes: Iterable[tuple[Help, str]]) -> str:
    """Return a page with what commands print in the blocks of their help."""
    kept = page.split("\n")
    for block, printed in sorted(changes, key=lambda change: -change[0].line):
        fence = kept[block.line - 1]
        indent = fence[: len(fence) - len(fence.lstrip())]
        kept[block.line : block.last - 1] = [
            f"{indent}{line}" if line else "" for line in lines(printed)
        ]
    return "\n".join(kept)
