"""Layers of a bundle: what the store has, as tars compressed by zstd, without secrets.

Packing is done once: the store remembers the blob. Masked layers are remembered by a salted hash of the secrets, and
where there are none in a layer, it is packed as without a mask, so that its blob is the same as ever.
"""

from __future__ import annotations

import posixpath
import stat
from collections import Counter
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from portable_dagger.bundle.description import Layer
from portable_dagger.errors import BundleError
from portable_dagger.graph.steps import step_key
from portable_dagger.images import layers as images
from portable_dagger.images.compression import Compression
from portable_dagger.images.packing import OPAQUE, pack, packing
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from portable_dagger.bundle.compressed import Blotted
    from portable_dagger.bundle.masking import Mask, MaskedFile
    from portable_dagger.images.layers import PackedLayer
    from portable_dagger.images.packing import Packer, Writer
    from portable_dagger.store.store import Store
    from portable_dagger.store.tree import Entry

REVISION = 2
"""Raised with every change of what is masked: what was packed before does not count then."""

Masked = tuple[tuple[str, int], ...]
"""Files by their (masked) names in the layer, and in how many places each was masked."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A layer for a bundle; its blob is in the store as `layer.blob`."""

    layer: Layer
    masked: Masked = ()


def pack_layer(store: Store, digest: str, mask: Mask, title: str = "") -> Packed:
    """Return a layer of the store for a bundle. Raises ArchiveError, LayerMissingError or DiskFullError."""

    def plain() -> PackedLayer:
        return images.pack_layer(store, digest, Compression.ZSTD)

    def write(output: Writer, disguise: Disguise) -> None:
        pack(store.layer_path(digest), output, disguise)

    return _pack(store, (digest,), f"layer {digest}", title, mask, plain, write)


def pack_tree(  # noqa: PLR0913  what is packed, where it goes, and what it must not show
    store: Store,
    snapshot: Snapshot,
    path: str,
    target: str,
    mask: Mask,
    *,
    below: Snapshot = Snapshot(),  # noqa: B008  immutable
    title: str = "",
) -> Packed:
    """Return a directory or file, `path` in a snapshot, for a bundle as one layer in which it lies at `target`.

    A directory hides what lies at the target in lower layers. `target` is an absolute path without links. Directories
    on the way to it are as in the file system `below`, else root's with mode 0755. Raises BundleError if there is
    nothing at the path, and as `pack_layer`.
    """
    tree = Tree(store.layer_paths(snapshot))
    around = Tree(store.layer_paths(below))
    base = tree.real_path(path)
    if tree.lookup(path) is None and base != "/":
        raise BundleError(f"there is no {path} to take into the bundle")
    name = posixpath.normpath(target).strip("/")
    key = step_key("bundle-tree", [snapshot.digest, base, name, _facts(around, name)])

    def write(output: Writer, disguise: Disguise | None = None) -> None:
        with packing(output, disguise) as packer:
            _write_tree(packer, tree, base, name, around)

    def plain() -> PackedLayer:
        return images.pack_stream(store, key, snapshot.layers, Compression.ZSTD, write)

    return _pack(store, snapshot.layers, key, title, mask, plain, write)


def _pack(  # noqa: PLR0913, PLR0917  the two ways to pack, and what both need
    store: Store,
    layers: tuple[str, ...],
    name: str,
    title: str,
    mask: Mask,
    plain: Callable[[], PackedLayer],
    write: Callable[[Writer, Disguise], None],
) -> Packed:
    if not mask:
        return Packed(_layer(plain(), title))
    key = step_key("bundle-masked", [REVISION, name, mask.key]) if mask.key else ""
    kept = store.get_step(key) if key else None
    if kept is not None:
        return Packed(Layer(**kept["layer"], title=title), tuple(map(tuple, kept["masked"])))
    disguise = Disguise(mask)
    write(_Nowhere(), disguise)
    masked = disguise.places
    if masked:
        packed = images.pack_stream(
            store, "", layers, Compression.ZSTD, lambda output: write(output, Disguise(mask))
        )
    else:
        packed = plain()
    if key:
        value: dict[str, Any] = {
            "layer": {"diff_id": packed.diff_id, "blob": packed.digest, "size": packed.size},
            "masked": masked,
        }
        store.put_step(key, value, layers, [packed.digest])
    return Packed(_layer(packed, title), masked)


def _layer(packed: PackedLayer, title: str) -> Layer:
    return Layer(packed.diff_id, packed.digest, packed.size, title)


def _write_tree(packer: Packer, tree: Tree, base: str, name: str, around: Tree) -> None:
    for parent in _parents(name):
        _add_folder(packer, parent, around.lookup(f"/{parent}", follow=False))
    top = tree.lookup(base)
    if top is not None and not top.is_directory:
        packer.add(top.source, name, merged=True)
        return
    if name:
        _add_folder(packer, name, top)
    packer.mark(posixpath.join(name, OPAQUE))
    start = len(base.rstrip("/")) + 1
    for entry in tree.walk(base):
        packer.add(entry.source, posixpath.join(name, entry.path[start:]), merged=True)


def _add_folder(packer: Packer, name: str, like: Entry | None) -> None:
    if like is not None and like.is_directory:
        found = like.stat
        packer.add_folder(name, stat.S_IMODE(found.st_mode), (found.st_uid, found.st_gid))
    else:
        packer.add_folder(name)


def _parents(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def _facts(around: Tree, name: str) -> list[list[int] | None]:
    """Return what a layer takes from the file system below it."""
    found = [around.lookup(f"/{parent}", follow=False) for parent in _parents(name)]
    return [
        None if entry is None else [entry.stat.st_mode, entry.stat.st_uid, entry.stat.st_gid]
        for entry in found
    ]


class Disguise:
    """Masks the entries of one tar stream, and counts where."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._texts: Counter[str] = Counter()
        self._files: list[tuple[str, MaskedFile | Blotted]] = []

    def text(self, name: str, text: bytes) -> bytes:
        """Mask a name, a link's target or an attribute."""
        masked, count = self._mask.counted(text)
        if count:
            self._texts[self._shown(name)] += count
        return masked

    def content(self, name: str, file: IO[bytes]) -> IO[bytes]:
        """Mask a file."""
        masked = self._mask.file(file)
        self._files.append((name, masked))
        return masked  # type: ignore[return-value]  # tarfile does nothing but read

    @property
    def places(self) -> Masked:
        """What was masked so far."""
        found = self._texts.copy()
        for name, file in self._files:
            if file.count:
                found[self._shown(name)] += file.count
        return tuple(sorted(found.items()))

    def _shown(self, name: str) -> str:
        return self._mask.data(name.encode(errors="surrogateescape")).decode(errors="replace")


class _Nowhere:
    """Takes bytes, and keeps none."""

    def write(self, data: bytes) -> object:
        """Take some bytes."""
        return len(data)
