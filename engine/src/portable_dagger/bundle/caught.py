"""Steps that a session has noted for its bundle, and which of them are worth keeping apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portable_dagger.bundle.fingerprint import fingerprint, observed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portable_dagger.bundle.data import Found
    from portable_dagger.bundle.description import Outcome
    from portable_dagger.graph.values import Container, Service
    from portable_dagger.ops.command import Command
    from portable_dagger.store.store import Store


@dataclass(frozen=True, slots=True)
class Caught:
    """A step that may go into the bundle; `sure` says that it does whatever becomes of the run."""

    name: str
    kind: str
    container: Container
    command: Command
    found: Found
    outcome: Outcome
    sure: bool
    started: float
    duration: float
    packets: int | None = None
    service: Service | None = None


def distinct(chosen: Iterable[Caught], store: Store) -> list[tuple[Caught, tuple[str, ...]]]:
    """Return the steps to write, sure ones first, each with the names of those that failed in the same way.

    The cells of a matrix run one command, and one broken test turns all of them red: one is enough to take home.
    """
    first: dict[tuple[tuple[str, ...], str], tuple[Caught, list[str]]] = {}
    for caught in sorted(chosen, key=lambda caught: (not caught.sure, caught.started)):
        key = (caught.command.args, fingerprint(observed(caught.outcome, store.get_blob)).digest)
        if key in first:
            first[key][1].append(f"{caught.name} ({_difference(first[key][0], caught)})")
        else:
            first[key] = (caught, [])
    return [(caught, tuple(same)) for caught, same in first.values()]


def _difference(first: Caught, other: Caught) -> str:
    """Say by which variables of their environments two steps differ."""
    here = dict(first.container.config.env)
    differing = [f"{n}={v}" for n, v in other.container.config.env if here.get(n) != v]
    return ", ".join(differing) or "another file system"
