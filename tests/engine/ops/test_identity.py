"""Which commands may get to know a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portable_dagger.graph.values import (
    Container,
    Directory,
    DirectoryMount,
    Secret,
    SecretMount,
    Service,
)
from portable_dagger.ops.identity import sees_secrets
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = Secret("token", "token", "token")
PRIVATE, OPEN = Snapshot(("sha256:private",)), Snapshot(("sha256:open",))
ENVIRONMENT = Container("linux/amd64", secret_environment=(("TOKEN", SECRET),))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store")
    for snapshot in (PRIVATE, OPEN):
        stage = opened.stage()
        stage.commit(snapshot.layers[0], "exec", private=snapshot is PRIVATE)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "container",
    [
        ENVIRONMENT,
        Container("linux/amd64", mounts=(SecretMount("/token", SECRET),)),
        Container("linux/amd64", root=PRIVATE),
        Container("linux/amd64", mounts=(DirectoryMount("/mnt", Directory(PRIVATE)),)),
        Container("linux/amd64", services=(("db", Service("db", ENVIRONMENT)),)),
    ],
    ids=["environment", "mount", "files", "mounted files", "service"],
)
def test_those_that_have_one(container: Container, store: Store) -> None:
    assert sees_secrets(container, store)


def test_no_others(store: Store) -> None:
    mounts = (DirectoryMount("/mnt", Directory(OPEN)),)
    services = (("db", Service("db", Container("linux/amd64"))), ("host", Service("port")))
    container = Container("linux/amd64", root=OPEN, mounts=mounts, services=services)
    assert not sees_secrets(container, store)
