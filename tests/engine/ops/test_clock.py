"""Launching a command at another time, on an engine in this process."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import ClockError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Container
from portable_dagger.images.config import ImageConfig
from portable_dagger.ops.launch import Options, launch
from portable_dagger.runtime import clock
from portable_dagger.runtime.plan import BindMount
from portable_dagger.runtime.process import start
from portable_dagger.runtime.surroundings import Surroundings
from portable_dagger.store.snapshot import Snapshot
from tests.engine.runtime.conftest import namespace  # noqa: F401  a fixture
from tests.engine.session.test_isolation import Desk, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portable_dagger.engine import Engine

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="containers need root here")

BEGIN = 1_600_000_000
FOLDERS = ("/usr", "/bin", "/lib", "/lib64")


@pytest.fixture
def desk(namespace: None) -> Iterator[Desk]:  # noqa: ARG001, F811  the fixture
    folder = Path(tempfile.mkdtemp(prefix="portable-dagger-test-", dir="/var/tmp"))
    yield Desk(folder)
    shutil.rmtree(folder)


def furnished(engine: Engine, files: dict[str, Path]) -> Container:
    """Return a container with some of the host's files (by their paths inside) in its layer, its programs mounted."""
    mounts = tuple(BindMount(name, Path(name), read_only=True) for name in FOLDERS)
    engine.surroundings = Surroundings((), mounts)
    stage = engine.store.stage()
    for inside, file in files.items():
        copy = stage.root / inside.strip("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    digest = "sha256:" + "1" * 64
    stage.commit(digest)
    return Container(engine.platform, root=Snapshot((digest,)))


async def launched(engine: Engine, container: Container) -> str:
    session = opened(engine)
    printed = bytearray()
    options = Options(("date", "+%s"), "test", clock=BEGIN)
    context = Context(engine, session, session.main)
    async with launch(container, context, options, None) as prepared:
        process = await start(prepared.plan, lambda _, data: printed.extend(data))
        assert await process.wait() == 0
    return printed.decode()


def test_a_command_begins_at_the_time_that_is_asked_for(desk: Desk) -> None:
    if clock.find() is None:
        pytest.fail(f"no {clock.NAME}; apt-get install {clock.PACKAGE}")
    loader = Path(clock.LOADERS[platform.machine()])
    libc = loader.with_name("libc.so.6")
    files = {str(loader): loader, str(libc): loader.resolve().with_name(libc.name)}

    async def work(engine: Engine) -> None:
        container = furnished(engine, files)
        assert BEGIN <= int(await launched(engine, container)) <= BEGIN + 10
        assert not (engine.store.layer_path(container.root.layers[0]) / ".clock").exists()

    desk.run(work)


def test_why_it_cannot_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(engine: Engine, container: Container) -> str:
        with pytest.raises(ClockError) as raised:
            await launched(engine, container)
        assert "at today's time" in raised.value.hint
        return raised.value.message

    async def work(engine: Engine) -> None:
        container = furnished(engine, {})
        assert "not linked with glibc" in await refused(engine, container)
        foreign = container.replace(platform="linux/riscv64")
        assert "it is of linux/riscv64, and the library of" in await refused(engine, foreign)
        config = ImageConfig(env=(("FAKETIME", "-1d"),))
        assert "of its own" in await refused(engine, container.replace(config=config))
        monkeypatch.setattr(clock, "folders", lambda _: ())
        assert "needs libfaketime.so.1, which" in await refused(engine, container)

    desk.run(work)
