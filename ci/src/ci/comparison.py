"""How a step that ran again compares with what its bundle says of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import dagger

from ci import fingerprint

SAME: Final = "same failure"
DIFFERENT: Final = "different failure"
PASSES: Final = "passes here"
AS_BEFORE: Final = "passes, as before"
FAILS: Final = "fails here"
MISSING: Final = "missing input"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a step ended.

    failing: the tests that failed with their reasons ("" where a reason is not known); None without a report.
    last_lines: the end of its output, None where it is not known. error: why it did not end by itself.
    """

    exit_code: int
    passed: bool
    failing: dict[str, str] | None = None
    last_lines: tuple[str, ...] | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How another run compares: in two words, with the differences."""

    step: str
    words: str
    differences: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether it ended as it did before."""
        return self.words in {SAME, AS_BEFORE}

    def text(self) -> str:
        """Return the verdict for people."""
        return "\n".join(
            [f"{self.step}: {self.words}", *(f"  {line}" for line in self.differences)]
        )


def compare(step: str, before: Ending, after: Ending) -> Verdict:
    """Return how a step that ended so before, and so now, compares."""
    if after.passed:
        return Verdict(step, AS_BEFORE if before.passed else PASSES)
    if before.passed:
        return Verdict(step, FAILS, (f"exit code {after.exit_code}", *(after.last_lines or ())))
    found = differences(before, after)
    return Verdict(step, DIFFERENT if found else SAME, found)


def differences(before: Ending, after: Ending) -> tuple[str, ...]:
    """Return what tells two failures apart: exit codes, tests and their reasons, or else the first other line."""
    found = []
    if before.exit_code != after.exit_code:
        found.append(f"exit code {before.exit_code}, here {after.exit_code}")
    if before.failing and after.failing:
        here, there = before.failing, after.failing
        found += [f"fails no more: {test}" for test in sorted(here.keys() - there)]
        found += [f"fails only here: {test}" for test in sorted(there.keys() - here)]
        for test in sorted(here.keys() & there):
            if here[test] and there[test]:
                found += _first(here[test].splitlines(), there[test].splitlines(), f"{test}: ")
        return tuple(found)
    if before.failing and after.failing is None:
        found.append("no report of tests was written")
    if before.last_lines is not None and after.last_lines is not None:
        found += _first(before.last_lines, after.last_lines)
    return (*found, *_first(before.error.splitlines(), after.error.splitlines()))


def recorded(label: dict[str, Any]) -> Ending:
    """Return how a step ended before. A label may lack reports, reasons and lines: those are not compared then."""
    reasons = label.get("reasons", {})
    failing = {test: reasons.get(test, "") for test in label["failing"]}
    return Ending(
        exit_code=label["exit_code"],
        passed=passes(label, label["exit_code"]),
        failing=failing if label.get("reports") else None,
        last_lines=tuple(label["last_lines"]) if "last_lines" in label else None,
        error=label["error"],
    )


def passes(label: dict[str, Any], exit_code: int) -> bool:
    """Return whether an exit code is that of success, as a step's label says what is expected."""
    return (exit_code == 0) is not (label["expect"] == dagger.ReturnType.FAILURE.value)


def _first(before: Sequence[str], after: Sequence[str], where: str = "") -> list[str]:
    found = fingerprint.difference(before, after)
    return [f"{where}was {found[0]!r}", f"{where}is  {found[1]!r}"] if found else []
