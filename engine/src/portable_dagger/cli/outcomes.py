"""How checks went: a paragraph for each that failed, and one table of all. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from portable_dagger.cli.help import columns
from portable_dagger.cli.progress import seconds
from portable_dagger.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from portable_dagger.errors import EngineError

REASON_WIDTH = 100


class Outcome(NamedTuple):
    """How a check went, and how many seconds it took; `error` is None if it passed."""

    name: str
    took: float
    error: EngineError | None


def told(outcomes: Iterable[Outcome], *, output: bool = True) -> Iterator[str]:
    """Yield what those that failed say, one after another; `output`: with what a failed command printed."""
    for name, _, error in sorted(outcomes, key=lambda outcome: outcome.name):
        if error is None:
            continue
        yield f"── {name}"
        yield error.message.strip("\n")
        if output and isinstance(error, RequestError):
            yield from (text.strip("\n") for text in (error.stdout, error.stderr) if text)
        if error.hint:
            yield f"Hint: {error.hint}"
        yield ""


def table(outcomes: Iterable[Outcome], unfinished: Sequence[str] = ()) -> list[str]:
    """Return a line for each check, by name, what is red with the first line of its reason."""
    rows = [
        (f"{'✔' if error is None else '✘'} {name}", seconds(took), _reason(error))
        for name, took, error in outcomes
    ]
    rows += [(f"… {name}", "", "given up") for name in unfinished]
    return columns(sorted(rows, key=lambda row: row[0].partition(" ")[2]))


def _reason(error: EngineError | None) -> str:
    lines = error.message.strip().splitlines() if error is not None else []
    return lines[0][:REASON_WIDTH] if lines else ""
