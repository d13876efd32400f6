"""Two real stores: one with kept steps, as the engine leaves them, and an empty one."""

from __future__ import annotations

import os
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from portable_dagger.images.packing import OPAQUE_ATTRIBUTE, layer_digest
from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    AddLayer = Callable[..., str]

BASE = "sha256:" + "b" * 64
TOP = "sha256:" + "c" * 64


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """Give the store of another machine."""
    opened = Store(tmp_path / "other")
    yield opened
    opened.close()


def fill(root: Path) -> None:
    """Make one of everything that a layer may have."""
    (root / "bin").mkdir()
    (root / "bin/tool").write_text("tool")
    (root / "bin/tool").chmod(0o4755)
    os.link(root / "bin/tool", root / "bin/twin")
    (root / "bin/link").symlink_to("../gone")
    os.chown(root / "bin/link", 7, 8, follow_symlinks=False)
    os.mknod(root / "gone", stat.S_IFCHR, os.makedev(0, 0))
    (root / "new").mkdir(mode=0o700)
    os.setxattr(root / "new", OPAQUE_ATTRIBUTE, b"y")
    (root / "new/file").write_text("content")
    os.chown(root / "new/file", 1000, 1001)
    os.setxattr(root / "new/file", "user.note", b"\xff\x00")
    root.chmod(0o750)


@pytest.fixture
def add_layer(store: Store) -> AddLayer:
    """Return what makes a layer of the store."""

    def add(
        digest: str,
        make: Callable[[Path], object],
        kind: str = "exec",
        *,
        private: bool = False,
    ) -> str:
        stage = store.stage()
        make(stage.root)
        digest = digest or layer_digest(stage.root)
        stage.commit(digest, kind, f"title of {digest[:10]}", private=private)
        return digest

    return add


@pytest.fixture
def kept(store: Store, add_layer: AddLayer) -> Store:
    """Give the store two steps, one on top of the other; the last one has an output."""
    add_layer(BASE, lambda root: (root / "base").write_text("base"))
    add_layer(TOP, fill)
    blob = store.put_blob(b"printed", "output", "sh -c true")
    store.put_step("base", {"root": [BASE]}, [BASE], portable=True)
    store.put_step("top", {"root": [BASE, TOP]}, [BASE, TOP], [blob], portable=True)
    store.put_step("of a function", {"value": 1, "expires": 2}, [BASE])
    return store


@pytest.fixture
def zstd() -> Callable[[bytes], bytes]:
    """Return what compresses bytes."""

    def compressed(data: bytes) -> bytes:
        return subprocess.run(
            ["zstd", "-cq"], input=data, stdout=subprocess.PIPE, check=True
        ).stdout

    return compressed
