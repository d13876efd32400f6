"""Loading: layers and outputs of a cache file come into the store beside what is there, then the steps that need them.

A step counts only once all that it needs is in the store, so breaking off leaves nothing wrong, and what came in stays.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portable_dagger.cache_file.packed import unpacked
from portable_dagger.cache_file.reading import Reader
from portable_dagger.errors import CacheFileError
from portable_dagger.store.disk import check_room
from portable_dagger.store.origins import NAMED_BY_CONTENT
from portable_dagger.store.portable import merge
from portable_dagger.store.sizes import format_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from portable_dagger.cache_file.document import Layer, Output, Volume
    from portable_dagger.store.store import Store

NAMED_BY_STREAM: Final = NAMED_BY_CONTENT - {"image"}
"""Kinds of layers that are named by their own stream's digest; an image's has the name that its registry gave it.

To see that they have it finds mistakes, not forgeries: whoever writes a file may give a layer any name, since those of
commands are random, and those of edits do not follow from the layer (see docs/reference/engine.md, Cache files).
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the file had, and how much of it came in; the rest was there."""

    steps: int
    layers: int
    volumes: int
    new_steps: int
    new_layers: int
    new_volumes: int


def load(
    store: Store,
    path: Path,
    *,
    check: Callable[[], None] = lambda: None,
    report: Callable[[str], None] = lambda _: None,
) -> Loaded:
    """Bring a cache file's content into the store. `check` and `report` as in `saving.save`.

    Raises CacheFileError if the file is not to be used, or DiskFullError, before anything is unpacked if the disk has
    no room for what the file says that the store lacks; no step of it counts then.
    """
    with Reader(path) as reader:
        document = reader.document
        loading = _Loading(reader, store, check, report)
        loading.see_that_there_is_room()
        layers = loading.all_layers()
        for output in document.outputs:
            loading.output(output)
        volumes = [loading.volume(volume) for volume in document.volumes]
        now = time.time()
        steps = [replace(step, used=min(step.used, now)) for step in document.steps]
        check()
        new = merge(store, steps, document.contents)
    return Loaded(
        steps=len(steps),
        layers=len(document.layers),
        volumes=len(volumes),
        new_steps=new,
        new_layers=layers,
        new_volumes=sum(volumes),
    )


class _BrokenError(Exception):
    """Another layer could not be loaded, so this one need not be."""


class _Loading:
    """One file on its way into a store."""

    def __init__(
        self,
        reader: Reader,
        store: Store,
        check: Callable[[], None],
        report: Callable[[str], None],
    ) -> None:
        self._reader = reader
        self._store = store
        self._stop = check
        self._report = report
        self._broken = threading.Event()
        self._done = 0
        self._wanted = 0

    def see_that_there_is_room(self) -> None:
        """Raise DiskFullError if the disk has no room for all that the store lacks."""
        document, store = self._reader.document, self._store
        volumes = store.volumes()
        folders = [layer.folder for layer in self._missing()]
        folders += [each.folder for each in document.volumes if each.key not in volumes]
        outputs = [each.size for each in document.outputs if not store.hold((), (each.digest,))]
        wanted = sum(folder.unpacked for folder in folders) + sum(outputs)
        if wanted:
            check_room(store.root, store.floor, wanted, f"what is in {self._reader.path}")

    def all_layers(self) -> int:
        """Bring in the layers that the store lacks, several at once; returns how many."""
        missing = self._missing()
        # The largest first: nothing is left to wait for at the end.
        missing.sort(key=lambda layer: -layer.folder.size)
        self._wanted = sum(layer.folder.size for layer in missing)
        with ThreadPoolExecutor(max(1, len(os.sched_getaffinity(0))), "load") as pool:
            ended = [pool.submit(self._layer, layer).exception for layer in missing]
            errors = [error for each in ended if (error := each()) is not None]
        # The first one to fail ended the others.
        for error in sorted(errors, key=lambda error: isinstance(error, _BrokenError)):
            raise error
        return len(missing)

    def output(self, output: Output) -> None:
        """Bring in an output."""
        self._check()
        if self._store.hold((), (output.digest,)):
            return
        self._reader.check(output.digest)
        with tempfile.TemporaryDirectory(prefix="pack-", dir=self._store.root) as folder:
            path = Path(folder) / "output"
            with path.open("xb") as file:
                source = self._reader.stream(output.digest)
                while chunk := source.read(1 << 20):
                    file.write(chunk)
            self._store.put_blob_file(path, move=True, kind="output", title=output.title)

    def volume(self, volume: Volume) -> bool:
        """Bring in a cache volume, unless the store has one of that key; whether it came in."""
        if volume.key in self._store.volumes():
            return False
        stage = self._store.stage()
        try:
            unpacked(self._reader, volume.folder, stage, self._check)
            return self._store.take_volume(stage, volume.key, volume.title)
        finally:
            stage.abort()

    def _missing(self) -> list[Layer]:
        layers = self._reader.document.layers
        return [layer for layer in layers if not self._store.has_layer(layer.digest)]

    def _layer(self, layer: Layer) -> None:
        if layer.kind in NAMED_BY_STREAM and layer.digest != layer.folder.diff_id:
            raise CacheFileError(
                f"{self._reader.path} has something else under the name {layer.digest}",
                "no engine writes such a file: save the cache again",
            )
        stage = self._store.stage()
        try:
            unpacked(self._reader, layer.folder, stage, self._check)
            stage.commit(layer.digest, layer.kind, layer.title)
        except BaseException:
            self._broken.set()
            raise
        finally:
            stage.abort()
        self._done += layer.folder.size
        self._report(f"{format_size(self._done)} of {format_size(self._wanted)} unpacked")

    def _check(self) -> None:
        self._stop()
        if self._broken.is_set():
            raise _BrokenError
