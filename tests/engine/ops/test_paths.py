"""Paths in containers: variables, mounts that cover them, users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import NotFoundError, QueryError
from portable_dagger.graph.values import (
    CacheMount,
    CacheVolume,
    Container,
    Directory,
    DirectoryMount,
    Secret,
    TempMount,
)
from portable_dagger.images.config import ImageConfig
from portable_dagger.ops.paths import absolute, below, cover, expanded, locate, owner_of, user_of
from portable_dagger.store import edit
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path


def container(**changes: object) -> Container:
    config = ImageConfig(env=(("HOME", "/root"), ("EMPTY", "")), workdir="/w")
    return Container("linux/amd64", config=config).replace(**changes)


def test_variables() -> None:
    made = container(secret_environment=(("TOKEN", Secret("h", "k")),))
    assert expanded(made, "$HOME/${HOME}x[$NOPE]", expand=True) == "/root//rootx[]"
    assert expanded(made, "$HOME", expand=False) == "$HOME"
    with pytest.raises(QueryError, match="TOKEN"):
        expanded(made, "$TOKEN", expand=True)


@pytest.mark.parametrize(
    ("path", "found"),
    [("a", "/w/a"), ("../x", "/x"), ("/b/./c/", "/b/c"), (".", "/w"), ("/../..", "/")],
)
def test_absolute(path: str, found: str) -> None:
    assert absolute(container(), path) == found


def test_below_never_leaves_the_base() -> None:
    assert below("/base", "../../etc") == "/base/etc"
    assert below("/", "a") == "/a"


def test_the_longest_and_last_mount_covers() -> None:
    outer = DirectoryMount("/m", Directory())
    inner = TempMount("/m/in")
    made = container(mounts=(outer, inner))
    assert cover(made, "/m/x/y") == (outer, "/x/y")
    assert cover(made, "/m/in") == (inner, "/")
    assert cover(made, "/mm") == (None, "/mm")
    with pytest.raises(NotFoundError, match="cannot retrieve path from tmpfs"):
        locate(made, "/m/in/f")
    cached = container(mounts=(CacheMount("/c", CacheVolume("k", "n")),))
    with pytest.raises(NotFoundError, match="cannot retrieve path from cache"):
        locate(cached, "/c/f")


def test_users_and_owners(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    passwd = b"root:x:0:0:root:/root:/bin/sh\ngames:x:5:60:games:/usr/games:/bin/sh\n"
    root = edit.write_file(store, Snapshot(), "/etc/passwd", passwd)
    root = edit.write_file(store, root, "/etc/group", b"root:x:0:\nstaff:x:50:games\n")

    def as_user(user: str) -> tuple[int, int, tuple[int, ...], str]:
        return user_of(store, container(root=root).configured(user=user))

    assert as_user("") == (0, 0, (), "/root")
    assert as_user("games") == (5, 60, (50,), "/usr/games")
    assert as_user("1234") == (1234, 0, (), "/")
    assert as_user("games:staff")[:2] == (5, 50)
    with pytest.raises(NotFoundError, match="unable to find user ghost"):
        as_user("ghost")
    assert owner_of(store, container(root=root), "games") == (5, 5)
    assert owner_of(store, container(root=root), "7:8") == (7, 8)
    assert owner_of(store, container(root=root), "") is None
    store.close()
