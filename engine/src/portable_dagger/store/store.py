"""The store: layers, blobs, cache volumes, and what is known of them.

    <root>/index.sqlite     see store.index
    <root>/layers/<number>  a layer's file system, in overlayfs' form
    <root>/stages/<name>    a layer in the making, and <name>.work beside it; emptied at open
    <root>/blobs/<digest>   outputs of commands
    <root>/volumes/<number> cache volumes
    <root>/imports/<key>    what is remembered of a host directory, see store.host
    <root>/trash/           what was collected and is being deleted, see store.collection

A layer appears whole or not at all: it is made aside, renamed into place, and then recorded. What is in place without a
record, and every stage, is what a crash left, and is removed at open.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import secrets
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portable_dagger.errors import LayerMissingError
from portable_dagger.store.disk import check_space, disk_errors
from portable_dagger.store.facts import Facts
from portable_dagger.store.index import Index
from portable_dagger.store.origins import Origins
from portable_dagger.store.sizes import BLOCK
from portable_dagger.store.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from portable_dagger.store.snapshot import Snapshot

CHUNK = 2**20


@dataclass(slots=True)
class Stage:
    """A layer in the making: fill `root` (an overlay's upper directory)."""

    store: Store
    root: Path

    @property
    def work(self) -> Path:
        """The overlay's work directory, made when it is asked for."""
        path = self.root.with_name(f"{self.root.name}.work")
        path.mkdir(exist_ok=True)
        return path

    def commit(
        self, digest: str, kind: str = "", title: str = "", *, private: bool = False
    ) -> None:
        """Make it the layer `digest`; it is dropped when the store has that layer.

        `kind` says what made it (exec, host, image …), `title` what it is; `private` as in store.facts.
        """
        self.store.take(self, digest, kind, title, private=private)

    def abort(self) -> None:
        """Drop it; nothing happens after a commit."""
        for path in (self.root, self.root.with_name(f"{self.root.name}.work")):
            if os.path.lexists(path):
                remove_tree(path)


class Store:
    """Everything that the engine keeps on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("layers", "stages", "blobs", "volumes", "imports", "trash"):
            (root / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        self.index = Index(root / "index.sqlite")
        self.facts = Facts(self.index)
        self.origins = Origins(self)
        self.usage = Usage()
        self.floor = 0
        self.lock = threading.Lock()
        self._layers = self.index.layers()
        self._paths: dict[str, Path] = {}
        self._clean()
        self._numbers = itertools.count(max(self._layers.values(), default=0) + 1)

    def close(self) -> None:
        """Close the index."""
        self.write_usage()
        self.index.close()

    def write_usage(self) -> None:
        """Write down when things were last used."""
        self.facts.used(self.usage.take())

    def _clean(self) -> None:
        for stage in (self.root / "stages").iterdir():
            self.discard(stage)
        known = {str(number) for number in self._layers.values()}
        found = {layer.name for layer in (self.root / "layers").iterdir()}
        for name in found - known:
            self.discard(self.root / "layers" / name)
        gone = [d for d, number in self._layers.items() if str(number) not in found]
        if gone:
            self.index.remove_layers(gone)
        for digest in gone:
            del self._layers[digest]
        volumes = {str(number) for number in self.index.volumes().values()}
        for path in (self.root / "volumes").iterdir():
            if path.name.partition(".")[0] not in volumes:
                self.discard(path)
        for path in (*(self.root / "blobs").glob(".*"), *self.root.glob("pack-*")):
            self.discard(path)

    def discard(self, path: Path) -> None:
        """Take something out of its place at once; its files are deleted later (empty_trash)."""
        path.rename(self.root / "trash" / secrets.token_hex(8))

    def empty_trash(self, check: Callable[[], None] = lambda: None) -> None:
        """Delete what was discarded; `check` is called now and then, and ends it by raising."""
        for path in (self.root / "trash").iterdir():
            check()
            if path.is_dir() and not path.is_symlink():
                for folder, _, files in os.walk(path, topdown=False):
                    for name in files:
                        check()
                        (Path(folder) / name).unlink()
            remove_tree(path)

    @property
    def layers(self) -> list[str]:
        """The digests of all layers."""
        return list(self._layers)

    def hold(self, layers: Sequence[str], blobs: Sequence[str] = ()) -> bool:
        """Whether all these layers and blobs are there; if so, they stay while a session runs that runs now."""
        with self.lock:
            if not all(digest in self._layers for digest in layers):
                return False
            if not all(self.blob_path(digest).exists() for digest in blobs):
                return False
            self.usage.touch("layer", layers)
            self.usage.touch("blob", map(blob_name, blobs))
            return True

    def has_layer(self, digest: str) -> bool:
        """Whether a layer is there; if so, it stays while a session runs that runs now."""
        return self.hold((digest,))

    def drop_layers(self, digests: Iterable[str], unused_since: float) -> list[str]:
        """Take layers out that nothing has used since a time; returns those that went."""
        with self.lock:
            gone = [d for d in digests if self.usage.last("layer", d) < unused_since]
            paths = [self.layer_path(digest) for digest in gone]
            self.index.remove_layers(gone)
            for digest, path in zip(gone, paths, strict=True):
                del self._layers[digest]
                self._paths.pop(digest, None)
                self.usage.forget("layer", digest)
                self.discard(path)
        return gone

    def drop_volume(self, key: str, unused_since: float) -> bool:
        """Take a cache volume out unless something used it since a time; whether it went."""
        with self.lock:
            if self.usage.last("volume", key) >= unused_since:
                return False
            path = self.volumes()[key]
            self.index.remove_volume(key)
            self.usage.forget("volume", key)
            for file in (path, seeded(path)):
                if file.exists():
                    self.discard(file)
        return True

    def drop_path(self, place: str, path: Path, unused_since: float) -> bool:
        """Take a blob, an import or a folder out unless something used it since a time; whether it went."""
        with self.lock:
            if self.usage.last(place, path.name) >= unused_since:
                return False
            self.discard(path)
            self.usage.forget(place, path.name)
        return True

    def layer_path(self, digest: str) -> Path:
        """Return a layer's directory; LayerMissingError when it is not there."""
        path = self._paths.get(digest)
        if path is None:
            if digest not in self._layers:
                raise LayerMissingError(
                    f"layer {digest} is not in the store", "run the call again: it is made anew"
                )
            path = self._paths[digest] = self.root / "layers" / str(self._layers[digest])
        return path

    def layer_paths(self, snapshot: Snapshot) -> list[Path]:
        """Return the directories of a snapshot's layers, bottom first."""
        self.usage.touch("layer", snapshot.layers)
        return [self.layer_path(digest) for digest in snapshot.layers]

    def stage(self) -> Stage:
        """Begin a layer; DiskFullError when the disk is nearly full."""
        check_space(self.root, self.floor)
        root = self.root / "stages" / secrets.token_hex(8)
        with disk_errors(self.root):
            root.mkdir(mode=0o755)
        return Stage(self, root)

    def take(
        self, stage: Stage, digest: str, kind: str = "", title: str = "", *, private: bool = False
    ) -> None:
        """Make a stage a layer."""
        with self.lock, disk_errors(self.root):
            if digest not in self._layers:
                number = next(self._numbers)
                stage.root.rename(self.root / "layers" / str(number))
                self.index.add_layer(digest, number, kind, title, private=private)
                self._layers[digest] = number
            self.usage.touch("layer", (digest,))
        stage.abort()

    def get_step(self, key: str) -> dict[str, Any] | None:
        """Return a step's kept value; None when there is none, or when its layers or blobs are gone."""
        found = self.index.step(key)
        if found is None or not self.hold(found[1], found[2]):
            return None
        self.usage.touch("step", (key,))
        return found[0]

    def put_step(
        self,
        key: str,
        value: Mapping[str, Any],
        layers: Sequence[str] = (),
        blobs: Sequence[str] = (),
        *,
        portable: bool = False,
    ) -> None:
        """Keep a step's value with the layers and blobs that it needs.

        `portable`: another store may have it too, as it holds no secret and took more time than fetching it will.
        """
        self.index.put_step(key, value, layers, blobs, portable=portable)

    def get_recipe(self, digest: str) -> str | None:
        """Return the text of a recipe."""
        return self.index.recipe(digest)

    def put_recipes(self, recipes: Mapping[str, str]) -> None:
        """Keep recipes by digest."""
        self.index.put_recipes(recipes)

    def blob_path(self, digest: str) -> Path:
        """Return where a blob lies."""
        return self.root / "blobs" / blob_name(digest)

    def get_blob(self, digest: str) -> bytes:
        """Return a blob's content."""
        self.usage.touch("blob", (blob_name(digest),))
        return self.blob_path(digest).read_bytes()

    def put_blob(self, data: bytes, kind: str = "", title: str = "") -> str:
        """Keep a blob and return its digest; `kind` and `title` say what it is."""
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        if not self._has_blob(digest):
            aside = self._aside(digest)
            with disk_errors(self.root):
                aside.write_bytes(data)
                self._place_blob(aside, digest, kind, title)
        return digest

    def put_blob_file(self, source: Path, *, move: bool, kind: str = "", title: str = "") -> str:
        """Keep a file's content as a blob and return its digest; with `move`, the file itself."""
        digest = "sha256:" + file_digest(source)
        with disk_errors(self.root):
            if not self._has_blob(digest):
                aside = self._aside(digest)
                (shutil.move if move else shutil.copyfile)(source, aside)
                self._place_blob(aside, digest, kind, title)
            elif move:
                source.unlink()
        return digest

    def _has_blob(self, digest: str) -> bool:
        return self.hold((), (digest,))

    def _aside(self, digest: str) -> Path:
        check_space(self.root, self.floor)
        return self.root / "blobs" / f".{blob_name(digest)}.{secrets.token_hex(4)}"

    def _place_blob(self, aside: Path, digest: str, kind: str, title: str) -> None:
        size = aside.stat().st_blocks * BLOCK
        with self.lock:
            aside.rename(self.blob_path(digest))
            self.usage.touch("blob", (blob_name(digest),))
        self.facts.describe("blob", blob_name(digest), kind, title, size)

    def volume_path(self, key: str, title: str = "") -> Path:
        """Return a cache volume's directory, made on first use; `title` says what it is."""
        with self.lock:
            self.usage.touch("volume", (key,))
            path = self.root / "volumes" / str(self.index.volume(key))
            new = not path.exists()
            path.mkdir(mode=0o755, exist_ok=True)
        if new:
            self.facts.describe("volume", key, "volume", title)
        return path

    def take_volume(self, stage: Stage, key: str, title: str) -> bool:
        """Make a stage a cache volume unless there is one of that key; whether it became one."""
        with self.lock, disk_errors(self.root):
            path = self.root / "volumes" / str(self.index.volume(key))
            new = not path.exists()
            if new:
                self.usage.touch("volume", (key,))
                stage.root.rename(path)
                seeded(path).touch()
        if new:
            self.facts.describe("volume", key, "volume", title)
        stage.abort()
        return new

    def volumes(self) -> dict[str, Path]:
        """Return the directories of all cache volumes by key."""
        return {k: self.root / "volumes" / str(n) for k, n in self.index.volumes().items()}


def blob_name(digest: str) -> str:
    """Return the name of a blob's file."""
    return digest.removeprefix("sha256:")


def seeded(volume: Path) -> Path:
    """Return the file that says of a cache volume's directory that its first content is in it."""
    return volume.with_name(f"{volume.name}.seeded")


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove_tree(path: Path) -> None:
    """Remove a tree of any depth and with any modes, or a single file; a missing one is not an error."""
    with contextlib.suppress(FileNotFoundError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
