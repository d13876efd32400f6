"""Lines that no test runs, and which of them are new. Pure."""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ci.errors import ReportError


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Of a file, by their numbers from 1: the lines that did not run, and those that went one way only."""

    missing: frozenset[int] = frozenset()
    partial: frozenset[int] = frozenset()


NOTHING = Uncovered()
"""Of a file in which everything ran."""


def parse(text: str) -> Mapping[str, Uncovered]:
    """Read coverage.py's JSON report, by the files' paths. Raises ReportError."""
    try:
        return {path: _uncovered(entry) for path, entry in json.loads(text)["files"].items()}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ReportError(
            f"the coverage report is not coverage.py's JSON: {error!r}: {text[:80]!r}",
            "Lock a version of coverage.py whose reports this module reads.",
        ) from None


def newly(before: str, after: str, was: Uncovered, now: Uncovered) -> Uncovered:
    """Return what of `now` was not so before: lines that changed, and those of old that ran then.

    before, after: the file's text at the baseline, "" where it was not there, and as it is.
    """
    origins = _origins(before, after)

    def added(lines: Iterable[int], then: frozenset[int]) -> frozenset[int]:
        return frozenset(line for line in lines if origins.get(line) not in then)

    # A line that did not run at all has not come to go one way only by getting worse.
    return Uncovered(added(now.missing, was.missing), added(now.partial, was.partial | was.missing))


def ranges(lines: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of lines that follow each other."""
    ordered = sorted(lines)
    start = 0
    for place, line in enumerate(ordered):
        if place + 1 == len(ordered) or ordered[place + 1] != line + 1:
            yield ordered[start], line
            start = place + 1


def _uncovered(entry: Mapping[str, list[list[int]]]) -> Uncovered:
    branches = entry.get("missing_branches", [])
    missing = frozenset(map(int, entry["missing_lines"]))  # type: ignore[arg-type]
    return Uncovered(missing, frozenset(int(start) for start, _ in branches) - missing)


def _origins(before: str, after: str) -> dict[int, int]:
    """Return where lines of `after` were in `before`, those that are the same."""
    ours, theirs = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
    return {
        block.b + offset + 1: block.a + offset + 1
        for block in matcher.get_matching_blocks()
        for offset in range(block.size)
    }
