"""A cache file while it is written: steps with what they need, each only if all of it fits, then what leads to them."""

from __future__ import annotations

import fnmatch
import secrets
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import IO, TYPE_CHECKING, Final

from portable_dagger.bundle import layout
from portable_dagger.cache_file import reading
from portable_dagger.cache_file.document import (
    MEDIA_TYPE,
    Document,
    Folder,
    Layer,
    Output,
    Volume,
    encode,
)
from portable_dagger.cache_file.packed import has_devices, packed
from portable_dagger.errors import ArchiveError
from portable_dagger.store.portable import PortableStep, contents_of
from portable_dagger.store.sizes import format_size, size_of
from portable_dagger.store.store import blob_name

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.cache_file.before import Before
    from portable_dagger.store.store import Store

HEADER: Final = 1024
"""Bytes of the tar that each blob takes beside its own, at most."""

BEST_RATIO: Final = 20
"""A layer that is so many times larger than what is left is not packed to see whether it fits."""

Opener = Callable[[], IO[bytes]]


@dataclass(frozen=True, slots=True)
class _Part:
    """Something on its way into the file: what the document says of it, and the blob that goes in."""

    row: Layer | Output
    blob: str
    size: int
    source: Opener


def _opener(path: Path) -> Opener:
    return lambda: path.open("rb")


class _MisfitError(Exception):
    """Something that does not go into the file; says why."""


@dataclass(slots=True)
class Writer:
    """Fills one file."""

    store: Store
    tar: tarfile.TarFile
    largest: int
    scratch: Path
    before: Before
    check: Callable[[], None]
    size: int = 0
    steps: list[PortableStep] = field(default_factory=list)
    layers: dict[str, Layer] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)
    volumes: list[Volume] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    _misfits: dict[str, str] = field(default_factory=dict)
    _written: set[str] = field(default_factory=set)

    def take(self, step: PortableStep) -> None:
        """Put a step into the file with all that it needs, if that fits."""
        if not self.store.hold(step.layers, step.blobs):
            return
        parts: list[_Part] = []
        try:
            for digest in dict.fromkeys(step.layers):
                if digest not in self.layers:
                    parts.append(self._layer(digest, sum(part.size for part in parts)))
            parts += [self._output(d) for d in dict.fromkeys(step.blobs) if d not in self.outputs]
            self._see_that_it_fits(sum(part.size + HEADER for part in parts), "what a step needs")
        except _MisfitError as misfit:
            self.left_out.append(str(misfit))
            return
        finally:
            self._forget_all_but(parts)
        for part in parts:
            self._put(part.blob, part.size, part.source)
            if isinstance(part.row, Layer):
                self.layers[part.row.digest] = part.row
            else:
                self.outputs[part.row.digest] = part.row
        self.steps.append(step)

    def take_volumes(self, pattern: str, busy: Callable[[str], bool]) -> None:
        """Put the cache volumes into the file whose names fit a pattern."""
        found = [
            (key, path)
            for key, path in sorted(self.store.volumes().items())
            if fnmatch.fnmatchcase([*key.split("|"), ""][1], pattern) and path.exists()
        ]
        if not found:
            self.left_out.append(f"no cache volume is named {pattern}")
        for key, path in found:
            if any(volume.key == key for volume in self.volumes):
                continue
            title = self._title("volume", key)
            if busy(key):
                self.left_out.append(f"cache volume {title} is in use")
                continue
            try:
                folder, source = self._packed(path, title, 0)
                self._see_that_it_fits(folder.size + HEADER, title)
            except _MisfitError as misfit:
                self.left_out.append(f"cache volume {misfit}")
                continue
            self._put(folder.blob, folder.size, source)
            self.volumes.append(Volume(key, title, folder))

    def finish(self) -> None:
        """Write the document, and what leads to it."""
        document = Document(
            steps=tuple(sorted(self.steps, key=lambda step: step.key)),
            layers=tuple(self.layers[digest] for digest in sorted(self.layers)),
            outputs=tuple(self.outputs[digest] for digest in sorted(self.outputs)),
            volumes=tuple(self.volumes),
            contents=tuple(contents_of(self.store, self.steps)),
            created=time.time(),
        )
        described = layout.Document(MEDIA_TYPE, encode(document))
        blobs = [(folder.blob, folder.size) for folder in document.folders]
        blobs += [(output.digest, output.size) for output in document.outputs]
        named = reading.manifest(described, blobs)
        for name, data in (
            *(
                (layout.blob_file(each.descriptor().digest), each.data)
                for each in (described, named)
            ),
            (layout.VERSION_FILE, layout.VERSION),
            (layout.INDEX_FILE, reading.index(named)),
        ):
            self._add(name, len(data), BytesIO(data))

    def _layer(self, digest: str, more: int) -> _Part:
        """Return a layer packed, which costs nothing if the file before has it."""
        if digest in self._misfits:
            raise _MisfitError(self._misfits[digest])
        fact = self.store.facts.of("layer", digest)
        kind, title = (fact.kind, fact.title or digest) if fact else ("", digest)
        folder = self.before.folder(digest)
        try:
            if folder is not None:
                source: Opener = partial(self.before.stream, folder)
            else:
                folder, source = self._packed(self.store.layer_path(digest), title, more)
        except _MisfitError as misfit:
            self._misfits[digest] = str(misfit)
            raise
        return _Part(Layer(digest, kind, title, folder), folder.blob, folder.size, source)

    def _packed(self, path: Path, title: str, more: int) -> tuple[Folder, Opener]:
        """Pack a directory aside; `more` bytes are to go into the file with it."""
        if has_devices(path):
            raise _MisfitError(f"{title} has device nodes")
        self._see_that_it_fits(more + size_of(path, self.check) // BEST_RATIO, title)
        target = self.scratch / secrets.token_hex(8)
        try:
            folder = packed(path, target, self.check)
        except (ArchiveError, FileNotFoundError) as error:
            raise _MisfitError(f"{title} cannot be packed: {error}") from error
        named = self.scratch / blob_name(folder.blob)
        target.rename(named)
        return folder, _opener(named)

    def _output(self, digest: str) -> _Part:
        path = self.store.blob_path(digest)
        size = path.stat().st_size
        title = self._title("blob", blob_name(digest))
        return _Part(Output(digest, size, title), digest, size, _opener(path))

    def _title(self, place: str, name: str) -> str:
        fact = self.store.facts.of(place, name)
        return (fact.title if fact else "") or name

    def _see_that_it_fits(self, size: int, title: str) -> None:
        if self.size + size > self.largest:
            raise _MisfitError(f"{title} does not fit into {format_size(self.largest)}")

    def _forget_all_but(self, parts: list[_Part]) -> None:
        """Delete what was packed for a step that does not go in."""
        kept = {blob_name(part.blob) for part in parts}
        for path in self.scratch.iterdir():
            if path.name not in kept:
                path.unlink()

    def _put(self, digest: str, size: int, source: Opener) -> None:
        if digest not in self._written:
            self._written.add(digest)
            with source() as file:
                self._add(layout.blob_file(digest), size, file)
            (self.scratch / blob_name(digest)).unlink(missing_ok=True)

    def _add(self, name: str, size: int, source: IO[bytes]) -> None:
        self.check()
        info = tarfile.TarInfo(name)
        info.mode, info.size = 0o644, size
        self.tar.addfile(info, source)
        self.size += size + HEADER
