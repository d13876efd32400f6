"""A real store, and a bundle of a step with a mount and a service, made of real layers."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from portable_dagger.bundle.description import (
    Description,
    Host,
    Mount,
    Outcome,
    Place,
    Port,
    Report,
    Service,
    Step,
)
from portable_dagger.bundle.images import Image
from portable_dagger.bundle.layers import Packed, pack_layer, pack_tree
from portable_dagger.bundle.masking import Mask
from portable_dagger.bundle.writing import write
from portable_dagger.images.config import ImageConfig
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from portable_dagger.bundle.writing import Signer

REPORT = b"""<testsuite><testcase file="tests/test_it.py" name="test_it">
<failure message="assert 3 == 4 in 0.12s&#10; + where"/></testcase></testsuite>"""


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


def _add_layer(store: Store, name: str, fill: Callable[[Path], object]) -> str:
    """Make a layer named as those of commands are, by anything but its content."""
    stage = store.stage()
    fill(stage.root)
    for folder, folders, files in os.walk(stage.root, topdown=False):
        for entry in (*folders, *files):
            os.utime(os.path.join(folder, entry), (1, 1), follow_symlinks=False)  # noqa: PTH118
    stage.commit(name)
    return name


@dataclass(frozen=True)
class Made:
    """What went into a bundle."""

    store: Store
    description: Description
    images: tuple[Image, ...]

    def write(self, path: Path, signer: Signer | None = None) -> str:
        return write(self.store, path, self.description, self.images, signer=signer)


@pytest.fixture
def made(store: Store) -> Made:
    return _make(store, Mask(()))


@pytest.fixture
def make(store: Store) -> Callable[..., Made]:
    """Give what makes a bundle, given a mask and a text for its files."""
    return functools.partial(_make, store)


@pytest.fixture
def add_layer(store: Store) -> Callable[[str, Callable[[Path], object]], str]:
    """Give what makes a layer, given its name and what fills it."""
    return functools.partial(_add_layer, store)


def _make(store: Store, mask: Mask, text: str = "text") -> Made:
    def base(root: Path) -> None:
        (root / "etc").mkdir(mode=0o755)
        (root / "etc/name").write_text("base")
        (root / "srv").mkdir(mode=0o700)

    def more(root: Path) -> None:
        (root / "etc").mkdir()
        (root / "etc/more").write_text(text * 1000)

    def source(root: Path) -> None:
        (root / "src").mkdir()
        (root / "src/test_it.py").write_text(text)

    root = Snapshot((_add_layer(store, "base", base), _add_layer(store, "more", more)))
    mounted = Snapshot((_add_layer(store, "source", source),))
    layers = [pack_layer(store, layer, mask, f"layer {layer}") for layer in root.layers]
    mount = pack_tree(store, mounted, "/src", "/srv/src", mask, below=root, title="/srv/src")
    return _describe(store, layers, mount)


def _describe(store: Store, layers: list[Packed], mount: Packed) -> Made:
    stacked = tuple(packed.layer.diff_id for packed in layers)
    mounts = (Mount("/srv/src", "directory", mount.layer.diff_id, "/srv/src"),)
    step = Step(
        name="pytest",
        kind="exec",
        place=Place(
            "step-1",
            "linux/amd64",
            ("pytest", "-q"),
            stacked,
            environment=(("MODE", "test"),),
            secrets=(("TOKEN", "token"),),
            mounts=mounts,
            services=(("db", "database"),),
        ),
        outcome=Outcome(
            1,
            stdout=store.put_blob(b"1 failed\n"),
            reports=(Report("/srv/junit.xml", store.put_blob(REPORT)),),
        ),
    )
    database = Service(
        "database",
        "db",
        Place("service-1", "linux/amd64", ("serve", "it"), stacked[:1]),
        ports=(Port(5432),),
    )
    description = Description(
        created=1.0,
        command="dagger call test",
        workdir="/srv",
        host=Host("6.1", "x86_64", 2, 2**30),
        versions={"engine": "1"},
        steps=(step,),
        services=(database,),
        layers=tuple(packed.layer for packed in (*layers, mount)),
    )
    config = ImageConfig(env=(("A", "1"),), cmd=("pytest", "-q"), workdir="/srv", user="1000")
    images = (
        Image("step-1", "linux/amd64", config, (*stacked, mount.layer.diff_id)),
        Image("service-1", "linux/amd64", ImageConfig(cmd=("serve", "it")), stacked[:1]),
    )
    return Made(store, description, images)
