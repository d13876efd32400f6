"""What the index knows that is worth as much in another store: results of steps, and digests of content.

A portable step is one whose maker said so (Store.put_step). Of what it needs, nothing may be private (store.facts).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from portable_dagger.store.store import Store


@dataclass(frozen=True, slots=True)
class PortableStep:
    """A row of the index; times are in seconds since the epoch."""

    key: str
    value: dict[str, Any]
    layers: tuple[str, ...]
    blobs: tuple[str, ...]
    created: float
    used: float


def portable_steps(store: Store, since: float = 0.0) -> list[PortableStep]:
    """Return the steps that may go to another store and were used since a time; the last used ones first."""
    store.write_usage()
    with store.index.cursor() as cursor:
        rows = cursor.execute(
            "SELECT key, value, layers, blobs, created, used FROM steps"
            " WHERE portable AND used >= ? ORDER BY used DESC, key",
            (since,),
        ).fetchall()
    steps = [
        PortableStep(
            key, json.loads(value), tuple(json.loads(layers)), tuple(json.loads(blobs)), made, used
        )
        for key, value, layers, blobs, made, used in rows
    ]
    return [step for step in steps if not (step.layers and store.facts.private(step.layers))]


def merge(store: Store, steps: Iterable[PortableStep], contents: Iterable[tuple[str, str]]) -> int:
    """Take steps, all whose files are here, and digests of content; returns how many steps were not here before.

    A step that has its files here stays as it is.
    """
    new = [step for step in steps if not _present(store, step.key)]
    with store.index.transaction() as cursor:
        cursor.executemany(
            "INSERT OR REPLACE INTO steps (key, value, layers, blobs, created, used, portable)"
            " VALUES (?, ?, ?, ?, ?, ?, 1)",
            [
                (
                    step.key,
                    json.dumps(step.value),
                    json.dumps(step.layers),
                    json.dumps(step.blobs),
                    step.created,
                    step.used,
                )
                for step in new
            ],
        )
        cursor.executemany("INSERT OR IGNORE INTO contents VALUES (?, ?)", contents)
    return len(new)


def _present(store: Store, key: str) -> bool:
    """Whether a step's result is here with all its files; that is no use of it."""
    found = store.index.step(key)
    return found is not None and store.hold(found[1], found[2])


def contents_of(store: Store, steps: Iterable[PortableStep]) -> list[tuple[str, str]]:
    """Return the digests of content that are remembered of the file systems, and of the layers, of some steps."""
    systems = {Snapshot(prefix).digest for step in steps for prefix in _prefixes(step)}
    layers = {layer for step in steps for layer in step.layers}
    with store.index.cursor() as cursor:
        rows = cursor.execute("SELECT key, digest FROM contents ORDER BY key").fetchall()
    return [(key, digest) for key, digest in rows if _speaks_of(key, digest, systems, layers)]


def _speaks_of(key: str, digest: str, systems: set[str], layers: set[str]) -> bool:
    """Whether a remembered digest is of these; see store.content and store.origins for the keys."""
    kind, _, rest = key.partition(":")
    match kind:
        case "origin":
            return rest in layers
        case "made":
            return digest in layers
        case "sha256":
            return f"{kind}:{rest.partition(':')[0]}" in systems
    return False


def _prefixes(step: PortableStep) -> Iterator[tuple[str, ...]]:
    """Yield the lists of layers that a step's needs begin with, and each layer alone."""
    systems = [step.layers]
    systems += [tuple(mount["layers"]) for mount in step.value.get("mounts", {}).values()]
    for layers in systems:
        for end in range(1, len(layers) + 1):
            yield layers[:end]
            yield layers[end - 1 : end]
