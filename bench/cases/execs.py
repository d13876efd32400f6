"""Commands in containers: one after another, side by side, cached."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from bench.measurement import Measurement, timed
from bench.workplace import container, nonce, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.workplace import Workplace

ROW = 50
WIDE = 100
BUSY = 20
BUSY_SECONDS = 0.5


def measure(place: Workplace) -> Iterator[Measurement]:
    """Yield the seconds of `true` in a row and side by side, and of work that keeps the processors busy."""
    each, again, wide, wide_again, busy = [], [], [], [], []
    loops = _loops(place)
    for _ in range(place.rounds):
        row_query, wide_query = row(ROW, nonce()), side_by_side(WIDE, "true", nonce())
        with place.session() as session:
            session.query(container('withExec(args: ["true"]) { exitCode }'))
            each.append(timed(partial(session.query, row_query)) / ROW)
            wide.append(timed(partial(session.query, wide_query)))
            work = f"i=0; while [ $i -lt {loops} ]; do i=$((i+1)); done"
            busy_query = side_by_side(BUSY, work, nonce())
            busy.append(timed(partial(session.query, busy_query)))
        with place.session() as session:
            session.query("{ version }")
            again.append(timed(partial(session.query, row_query)))
            wide_again.append(timed(partial(session.query, wide_query)))
    yield Measurement(f"`true`, {ROW} in a row, each", tuple(each), limit=0.045, dagger="0.092")
    yield Measurement(
        f"the same {ROW}, cached, new session", tuple(again), limit=0.1, dagger="0.16"
    )
    yield Measurement(f"{WIDE} independent, one query", tuple(wide), limit=2.6, dagger="5.3")
    yield Measurement("the same, cached, new session", tuple(wide_again), limit=0.2, dagger="0.33")
    yield Measurement(
        f"{BUSY} of {BUSY_SECONDS} s of processor each",
        tuple(busy),
        limit=5.6 * 2 / min(2, os.cpu_count() or 1),
        dagger="6.5",
    )


def row(length: int, word: str) -> str:
    """Return a query of commands that stand on each other."""
    steps = 'withExec(args: ["true"]) { ' * length + "exitCode" + " }" * length
    return container(f'withEnvVariable(name: "N", value: "{word}") {{ {steps} }}')


def side_by_side(count: int, script: str, word: str) -> str:
    """Return a query of commands that do not need each other."""
    return container(
        " ".join(
            f'c{n}: withExec(args: ["sh", "-c", "{script} # {word} {n}"]) {{ exitCode }}'
            for n in range(count)
        )
    )


def _loops(place: Workplace) -> int:
    """Return how many turns of a shell loop keep one processor of the host busy for BUSY_SECONDS."""
    turns = 500_000
    script = f"i=0; while [ $i -lt {turns} ]; do i=$((i+1)); done"
    fastest = min(timed(lambda: run(["sh", "-c", script], place.scratch)) for _ in range(3))
    return int(turns * BUSY_SECONDS / fastest)
