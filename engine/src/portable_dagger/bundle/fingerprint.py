"""What makes two failures the same: exit code, failed tests, or, where no report names any, lines of output. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from portable_dagger.bundle.junit import Failure, failed
from portable_dagger.bundle.normalisation import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from portable_dagger.bundle.description import Outcome

SHOWN: Final = 5
"""How many tests of one kind, and how many lines of each side, are shown."""

LONGEST: Final = 200
"""Characters of a line that are shown."""

COMPARED: Final = 8 * 2**20
"""Characters of an output that are compared at most: of a longer one its first and its last half as many."""

TIMED_OUT: Final = 124
"""The exit code of timeout(1)."""

SIGNALLED: Final = range(129, 193)
"""Exit codes of commands that a signal ended; git's own 128 is none, nor is a script's -1, which is 255."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What came of a step, as it was seen.

    exit_code, error: as of `description.Outcome`; output: both streams; reports: the texts of its JUnit files.
    """

    exit_code: int
    error: str
    output: str
    reports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What of an outcome counts. Two that are equal are the same failure; see also `differences`.

    tests: those that failed, by name, without noise. lines: of the output, without noise and empty ones, how often
    each, in the order in which they came first, which does not count; none if tests are known.
    reported: whether there was a report that could be read.
    """

    exit_code: int
    error: str
    tests: dict[str, Failure]
    lines: Counter[str]
    reported: bool

    @property
    def digest(self) -> str:
        """A SHA-256 in hexadecimal; steps of a run that failed in the same way have the same."""
        facts = [
            self.exit_code,
            self.error,
            sorted(self.tests.items()),
            sorted(self.lines.items()),
            self.reported,
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    @property
    def is_cut(self) -> bool:
        """Whether the command was ended from outside, at a moment that is never quite the same."""
        return is_cut(self.exit_code)


def is_cut(exit_code: int) -> bool:
    """Return whether a command with this exit code was ended from outside."""
    return exit_code < 0 or exit_code == TIMED_OUT or exit_code in SIGNALLED


def observed(outcome: Outcome, read: Callable[[str], bytes]) -> Observed:
    """Return an outcome with its texts; `read` gives the content of a blob.

    Where the two streams were not captured together, one follows the other.
    """
    streams = (outcome.combined,) if outcome.combined else (outcome.stdout, outcome.stderr)
    output = "\n".join(read(blob).decode(errors="replace") for blob in streams if blob)
    reports = tuple(read(report.blob).decode(errors="replace") for report in outcome.reports)
    return Observed(outcome.exit_code, outcome.error, output, reports)


def fingerprint(seen: Observed) -> Fingerprint:
    """Return what counts of an outcome."""
    reported = failed(seen.reports)
    tests = {
        name: failure._replace(message=normalise(failure.message))
        for name, failure in (reported or {}).items()
    }
    lines = "" if tests else normalise(_compared(seen.output))
    return Fingerprint(
        exit_code=seen.exit_code,
        error=normalise(seen.error),
        tests=tests,
        lines=Counter(line for line in lines.split("\n") if line),
        reported=reported is not None,
    )


def _compared(output: str) -> str:
    if len(output) <= COMPARED:
        return output
    half = COMPARED // 2
    first, last = output[:half], output[-half:]
    # Whole lines: where they are cut must not count.
    return "\n".join((first.rpartition("\n")[0], last.partition("\n")[2]))


def differences(recorded: Fingerprint, replayed: Fingerprint) -> list[str]:
    """Return what differs, in sentences for people; nothing if it is the same failure.

    Of two commands that were ended from outside, one may have said less than the other, or not reported.
    """
    found: list[str] = []
    if recorded.exit_code != replayed.exit_code:
        found.append(f"exit code {recorded.exit_code}, then {replayed.exit_code}")
    if recorded.error != replayed.error:
        nothing = "ended by itself"
        found.append(f"{recorded.error or nothing}, then: {replayed.error or nothing}")
    cut = recorded.is_cut and replayed.is_cut
    if recorded.reported and not replayed.reported and not cut:
        found.append("the recording has a report of its tests, and here is none that can be read")
    if replayed.reported and not recorded.reported and not cut:
        found.append("here is a report of the tests, and the recording has none that can be read")
    if recorded.tests or replayed.tests:
        return [*found, *_of_tests(recorded.tests, replayed.tests)]
    return [*found, *_of_lines(recorded.lines, replayed.lines, cut=cut)]


def _of_tests(before: dict[str, Failure], now: dict[str, Failure]) -> Iterator[str]:
    yield from _some(
        f"{name} fails only in the recording: {before[name].message}"
        for name in before
        if name not in now
    )
    yield from _some(
        f"{name} fails only here: {now[name].message}" for name in now if name not in before
    )
    yield from _some(
        f"{name} fails in another way: {_told(before[name], now[name])}"
        for name in before
        if name in now and before[name] != now[name]
    )


def _told(before: Failure, now: Failure) -> str:
    if before.message == now.message:
        return f"{before.kind}, then {now.kind}: {now.message}"
    return f"{before.message}, then: {now.message}"


def _of_lines(before: Counter[str], now: Counter[str], *, cut: bool) -> Iterator[str]:
    gone, new = before - now, now - before
    if cut and (_is_part(gone, now) or _is_part(new, before)):
        return
    yield from _some(f"- {line}" for line in gone)
    yield from _some(f"+ {line}" for line in new)


def _is_part(rest: Counter[str], whole: Counter[str]) -> bool:
    """Whether of an output nothing is left beside another but, at most, a last line that was cut off."""
    if not rest:
        return True
    line, *more = rest.elements()
    return not more and any(other.startswith(line) for other in whole)


def _some(sentences: Iterable[str]) -> Iterator[str]:
    every = list(sentences)
    for sentence in every[:SHOWN]:
        yield sentence if len(sentence) <= LONGEST else sentence[: LONGEST - 1] + "…"
    if len(every) > SHOWN:
        yield f"and {len(every) - SHOWN} more like that"
