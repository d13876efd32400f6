"""Linters: tools that read a source and say what is wrong in it, whatever they are called and however they say it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ci.errors import ReportError, ToolError
from ci.findings import Finding

SOURCE: Final = "/src"
"""Where a linter finds the source; it is the working directory."""

REPORT: Final = "/report"
"""The file that takes what a linter writes: thousands of lines, for a program to read."""

TARGET: Final = "source"
"""How the source is called in findings."""

_LINES: Final = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """How a tool ended, and what it wrote."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linter:
    """A tool by how it is called and read.

    name: of its package and its module. command: of paths below SOURCE. read: raises what reading a text that is no
    report raises. codes: the exit codes of a tool that looked at everything. alone: each file is judged by itself, so
    that parts of a source can be looked at apart.
    """

    name: str
    command: Callable[[Sequence[str]], list[str]]
    read: Callable[[Answer], Iterable[Finding]]
    codes: frozenset[int] = frozenset({0, 1})
    alone: bool = False

    def findings(self, answer: Answer) -> tuple[Finding, ...]:
        """Return what the tool found. Raises ToolError if it broke off, ReportError if its answer cannot be read."""
        self.ended(answer)
        try:
            found = tuple(self.read(answer))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise ReportError(
                f"{self.name}'s report cannot be read: {error!r}\n{_last(answer)}",
                f"Lock a version of {self.name} whose reports this module reads.",
            ) from None
        if answer.exit_code and not found:
            # Red, and nothing to show for it: whatever it was, it is no pass.
            raise self._broken(answer)
        return found

    def ended(self, answer: Answer) -> None:
        """Raise ToolError if the tool broke off."""
        if answer.exit_code not in self.codes:
            raise self._broken(answer)

    def version(self, lock: str) -> str:
        """Return the version that a lock's text names, "" where it names none."""
        line = rf"^{re.escape(self.name)}==([^\s;\\]+)"
        found = re.search(line, lock, flags=re.MULTILINE | re.IGNORECASE)
        return found[1] if found else ""

    def _broken(self, answer: Answer) -> ToolError:
        return ToolError(
            f"{self.name} broke off with exit code {answer.exit_code}:\n{_last(answer)}",
            "Nothing is known of the source until it runs: mend its settings, or lock another version of it.",
        )


def relative(path: str) -> str:
    """Return a path as findings have it: below the source."""
    return path.removeprefix(f"{SOURCE}/").removeprefix("./")


def _last(answer: Answer) -> str:
    text = answer.stderr.strip() or answer.stdout.strip() or "it wrote nothing"
    return "\n".join(text.splitlines()[-_LINES:])
