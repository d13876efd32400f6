"""Saving: what was used last goes into the file, step by step with what it needs, until the file is full.

The file appears whole or not at all. Layers that the file to be replaced has are taken from it as they are.
"""

from __future__ import annotations

import secrets
import tarfile
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.cache_file.before import Before
from portable_dagger.cache_file.writing import Writer
from portable_dagger.errors import CacheFileError
from portable_dagger.store.disk import disk_errors
from portable_dagger.store.portable import portable_steps
from portable_dagger.store.sizes import format_size
from portable_dagger.store.store import CHUNK

if TYPE_CHECKING:
    from collections.abc import Callable

    from portable_dagger.store.store import Store


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: a file of at most so many bytes, of what was used since a time.

    volumes: patterns for the names of cache volumes that go along.
    """

    path: Path
    largest: int
    since: float = 0.0
    volumes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """What went into the file; `left_out` says of each thing that did not why it did not."""

    steps: int
    layers: int
    volumes: int
    size: int
    left_out: tuple[str, ...]


def save(
    store: Store,
    order: Order,
    *,
    check: Callable[[], None] = lambda: None,
    report: Callable[[str], None] = lambda _: None,
    busy: Callable[[str], bool] = lambda _: False,
) -> Saved:
    """Write the file. `check` is called all the time and ends it by raising; `report` is told how far it is.

    `busy` says of a cache volume's key whether something that runs may be writing to it. Raises CacheFileError if the
    file cannot be written, or DiskFullError.
    """
    steps = portable_steps(store, order.since)
    aside = order.path.with_name(f".{order.path.name}.{secrets.token_hex(4)}")
    try:
        with (
            disk_errors(order.path.parent),
            tempfile.TemporaryDirectory(prefix="pack-", dir=store.root) as scratch,
        ):
            try:
                with (
                    closing(Before(order.path)) as before,
                    tarfile.TarFile(
                        aside, "x", format=tarfile.PAX_FORMAT, copybufsize=CHUNK
                    ) as tar,
                ):
                    writer = Writer(store, tar, order.largest, Path(scratch), before, check)
                    for number, step in enumerate(steps, 1):
                        writer.take(step)
                        report(f"{number} of {len(steps)} steps, {format_size(writer.size)}")
                    for pattern in order.volumes:
                        writer.take_volumes(pattern, busy)
                    writer.finish()
                aside.chmod(0o644)  # whoever keeps it may be another user than the engine's
                aside.replace(order.path)
            finally:
                aside.unlink(missing_ok=True)
    except OSError as error:
        raise CacheFileError(
            f"no cache can be saved as {order.path}: {error.strerror}",
            "name a file that can be written",
        ) from error
    return Saved(
        len(writer.steps),
        len(writer.layers),
        len(writer.volumes),
        order.path.stat().st_size,
        tuple(writer.left_out),
    )
