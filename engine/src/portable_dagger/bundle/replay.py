"""Replay: a step of a bundle is run again, cut off from the network, and what came of it is compared."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.bundle import answer
from portable_dagger.bundle.gathering import gather
from portable_dagger.bundle.images import bound
from portable_dagger.bundle.reading import Reader
from portable_dagger.bundle.trying import Replayer
from portable_dagger.errors import BundleError, MissingInputError
from portable_dagger.graph.values import Directory
from portable_dagger.store.filter import Filter
from portable_dagger.store.host import import_directory

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.bundle.description import Step
    from portable_dagger.session.session import Session

EXCLUDED: Final = ("**/.git", "**/.venv", "**/__pycache__", "**/.*_cache", "**/node_modules")
"""What of a folder given as source is no source."""


_NO_RIGHTS: Final = MissingInputError(
    "the step, or a service of it, has all rights (insecureRootCapabilities): it can change this machine",
    "if you trust whoever made the bundle, allow it with --privileged",
)


@dataclass(frozen=True, slots=True)
class Order:
    """What a command line wants: a step of a bundle ("" is the first), `repeat` times.

    source: a folder instead of the captured source. secrets: URIs by the secrets' names. interactive: a shell follows.
    privileged: whether containers with all rights may run, which can do anything to the machine.
    """

    path: Path
    step: str = ""
    source: Path | None = None
    repeat: int = 1
    secrets: dict[str, str] = field(default_factory=dict)
    interactive: bool = False
    privileged: bool = False


async def replay(session: Session, order: Order) -> dict[str, Any]:
    """Replay a step and say what came of it; see docs/reference/bundles.md for the answer's fields.

    Raises BundleError if the file is no bundle, or damaged.
    """
    began = time.monotonic()
    with Reader(order.path) as reader:
        step = choose(reader, order.step)
        if not order.privileged and _is_privileged(reader, step):
            return answer.untried(step, str(order.path), "privileged", _NO_RIGHTS)
        with session.progress.span("bundle", f"load {order.path.name}"):
            try:
                layers = await asyncio.to_thread(gather, session.engine.store, reader, step)
            except MissingInputError as error:
                return answer.untried(step, str(order.path), "layer", error)
        loaded = time.monotonic() - began
        replayer = Replayer(
            session=session,
            reader=reader,
            step=step,
            layers=layers,
            uris=order.secrets,
            source=await _source(session, order),
            interactive=order.interactive,
        )
        tried = [await replayer.first()]
        tried += [await replayer.again(number) for number in range(1, order.repeat)]
    return answer.of(step, str(order.path), tried, loaded)


def choose(reader: Reader, wanted: str) -> Step:
    """Return a step by its number, its image's name or a part of its name. Raises BundleError."""
    steps = reader.description.steps
    if not steps:
        raise BundleError(f"{reader.path.name} has no step", "get the file again")
    if not wanted:
        return steps[0]
    if wanted.isdecimal() and 0 < int(wanted) <= len(steps):
        return steps[int(wanted) - 1]
    fitting = [step for step in steps if wanted == step.place.image or wanted in step.name]
    if len(fitting) != 1:
        listed = "; ".join(f"{number}: {step.name}" for number, step in enumerate(steps, start=1))
        raise BundleError(
            f"{len(fitting) or 'no'} steps of {reader.path.name} fit {wanted!r}", f"it has {listed}"
        )
    return fitting[0]


def _is_privileged(reader: Reader, step: Step) -> bool:
    places = [
        step.place,
        *(service.place for service in bound(step.place, reader.description)),
    ]
    return any(place.privileged for place in places)


async def _source(session: Session, order: Order) -> Directory | None:
    if order.source is None:
        return None
    if not order.source.is_dir():
        raise BundleError(f"{order.source} is no folder", "give the source's folder to --source")
    with session.progress.span("host", f"source {order.source}"):
        root = await asyncio.to_thread(
            import_directory, session.engine.store, order.source, Filter(exclude=EXCLUDED)
        )
    return Directory(root)
