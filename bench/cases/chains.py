"""Long chains and wide graphs: what a step costs must not depend on how many there are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.cases.execs import row
from bench.measurement import Measurement, timed
from bench.workplace import nonce

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.workplace import Session, Workplace

CHAIN = 300
LAYERS = (100, 1_000)
WIDTHS = (10, 100)
DEPTH = 100


def measure(place: Workplace) -> Iterator[Measurement]:
    """Yield the seconds of a chain of new files, and the cost of a step in short and long chains and graphs."""
    first, again = [], []
    for _ in range(place.rounds):
        text = "{ " + files(CHAIN, nonce()) + " }"
        with place.session() as session:
            session.query("{ version }")
            first.append(timed(partial(session.query, text)))
        with place.session() as session:
            session.query("{ version }")
            again.append(timed(partial(session.query, text)))
    yield Measurement(f"chain of {CHAIN} new files", tuple(first), limit=1.0, dagger="5.5")
    yield Measurement("the same, cached, new session", tuple(again), limit=0.1, dagger="0.23")
    with place.session() as session:
        short, long = (_commands(session, count) / count * 1000 for count in LAYERS)
        yield Measurement(f"a command in a row of {LAYERS[0]:,}", (short,), "ms")
        yield Measurement(f"a command in a row of {LAYERS[1]:,}", (long,), "ms", limit=short * 1.5)
        small, big = (_graph(session, width) / width / DEPTH * 1000 for width in WIDTHS)
        yield Measurement(f"a step of a graph of {WIDTHS[0] * DEPTH:,}", (small,), "ms")
        yield Measurement(
            f"a step of a graph of {WIDTHS[1] * DEPTH:,}", (big,), "ms", limit=small * 1.5
        )


def files(length: int, word: str) -> str:
    """Return a selection that writes `length` files, one on top of the other."""
    steps = " { ".join(f'withNewFile(path: "f{n}", contents: "{word} {n}")' for n in range(length))
    return f"directory {{ {steps} {{ digest" + " }" * (length + 1)


def _commands(session: Session, count: int) -> float:
    text = row(count, nonce())
    return timed(partial(session.query, text))


def _graph(session: Session, width: int) -> float:
    word = nonce()
    text = "{ " + " ".join(f"g{n}: {files(DEPTH, f'{word} {n}')}" for n in range(width)) + " }"
    return timed(partial(session.query, text))
