"""The store: layers, blobs, cache volumes, and what is known of them.

    <root>/index.sqlite     see store.index
    <root>/layers/<number>  a layer's file system, in overlayfs' form
    <root>/stages/<name>    a layer in the making, and <name>.work beside it; emptied at open
    <root>/blobs/<digest>   outputs of commands
    <root>/volumes/<number> cache volumes

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
from typing import TYPE_CHECKING, Any

from portable_dagger.errors import LayerMissingError
from portable_dagger.store.disk import disk_errors
from portable_dagger.store.index import Index

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

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

    def commit(self, digest: str) -> None:
        """Make it the layer `digest`; it is dropped when the store has that layer."""
        self.store.take(self, digest)

    def abort(self) -> None:
        """Drop it; nothing happens after a commit."""
        for path in (self.root, self.root.with_name(f"{self.root.name}.work")):
            if os.path.lexists(path):
                remove_tree(path)


class Store:
    """Everything that the engine keeps on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("layers", "stages", "blobs", "volumes"):
            (root / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        self.index = Index(root / "index.sqlite")
        self._lock = threading.Lock()
        self._layers = self.index.layers()
        self._paths: dict[str, Path] = {}
        self._clean()
        self._numbers = itertools.count(max(self._layers.values(), default=0) + 1)

    def close(self) -> None:
        """Close the index."""
        self.index.close()

    def _clean(self) -> None:
        for stage in (self.root / "stages").iterdir():
            remove_tree(stage)
        known = {str(number) for number in self._layers.values()}
        found = {layer.name for layer in (self.root / "layers").iterdir()}
        for name in found - known:
            remove_tree(self.root / "layers" / name)
        for digest, number in list(self._layers.items()):
            if str(number) not in found:
                self.index.remove_layer(digest)
                del self._layers[digest]

    def has_layer(self, digest: str) -> bool:
        """Whether a layer is there."""
        return digest in self._layers

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
        return [self.layer_path(digest) for digest in snapshot.layers]

    def stage(self) -> Stage:
        """Begin a layer."""
        root = self.root / "stages" / secrets.token_hex(8)
        with disk_errors(self.root):
            root.mkdir(mode=0o755)
        return Stage(self, root)

    def take(self, stage: Stage, digest: str) -> None:
        """Make a stage a layer."""
        with self._lock, disk_errors(self.root):
            if digest not in self._layers:
                number = next(self._numbers)
                stage.root.rename(self.root / "layers" / str(number))
                self.index.add_layer(digest, number)
                self._layers[digest] = number
        stage.abort()

    def get_step(self, key: str) -> dict[str, Any] | None:
        """Return a step's kept value; None when there is none, or when its layers are gone."""
        found = self.index.step(key)
        if found is None or not all(self.has_layer(digest) for digest in found[1]):
            return None
        return found[0]

    def put_step(self, key: str, value: Mapping[str, Any], layers: Sequence[str] = ()) -> None:
        """Keep a step's value with the layers that it needs."""
        self.index.put_step(key, value, layers)

    def get_recipe(self, digest: str) -> str | None:
        """Return the text of a recipe."""
        return self.index.recipe(digest)

    def put_recipes(self, recipes: Mapping[str, str]) -> None:
        """Keep recipes by digest."""
        self.index.put_recipes(recipes)

    def blob_path(self, digest: str) -> Path:
        """Return where a blob lies."""
        return self.root / "blobs" / digest.removeprefix("sha256:")

    def get_blob(self, digest: str) -> bytes:
        """Return a blob's content."""
        return self.blob_path(digest).read_bytes()

    def put_blob(self, data: bytes) -> str:
        """Keep a blob and return its digest."""
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        path = self.blob_path(digest)
        if not path.exists():
            aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            with disk_errors(self.root):
                aside.write_bytes(data)
                aside.rename(path)
        return digest

    def put_blob_file(self, source: Path, *, move: bool) -> str:
        """Keep a file's content as a blob and return its digest; with `move`, the file itself."""
        digest = "sha256:" + file_digest(source)
        path = self.blob_path(digest)
        with disk_errors(self.root):
            if not path.exists():
                aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
                (shutil.move if move else shutil.copyfile)(source, aside)
                aside.rename(path)
            elif move:
                source.unlink()
        return digest

    def volume_path(self, key: str) -> Path:
        """Return a cache volume's directory, made on first use."""
        path = self.root / "volumes" / str(self.index.volume(key))
        path.mkdir(mode=0o755, exist_ok=True)
        return path

    def volumes(self) -> dict[str, Path]:
        """Return the directories of all cache volumes by key."""
        return {k: self.root / "volumes" / str(n) for k, n in self.index.volumes().items()}


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove_tree(path: Path) -> None:
    """Remove a tree of any depth and with any modes; a missing one is not an error."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(path)
    if os.path.lexists(path):
        path.unlink()
