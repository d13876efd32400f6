"""Paths in a container: relative ones, variables in them, and which mount covers them."""

from __future__ import annotations

import dataclasses
import posixpath
import re
from typing import TYPE_CHECKING

from portable_dagger.errors import NotFoundError, QueryError
from portable_dagger.graph.values import (
    CacheMount,
    Container,
    Directory,
    DirectoryMount,
    File,
    Mount,
    TempMount,
)
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from portable_dagger.store.snapshot import Snapshot
    from portable_dagger.store.store import Store

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+)|\$)")

Owner = tuple[int, int]


def expanded(container: Container, text: str, *, expand: bool) -> str:
    """Replace $VAR and ${VAR} by the container's variables; unset ones become empty (Go's os.Expand)."""
    if not expand:
        return text
    known = dict(container.config.env)
    secret = {name for name, _ in container.secret_environment}
    volatile = {name for name, _ in container.volatile_environment}

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2] or ""
        if name in secret:
            raise QueryError(f'expand cannot be used with secret env variable "{name}"')
        if name in volatile:
            raise QueryError(f'expand cannot be used with volatile env variable "{name}"')
        return known.get(name, "")

    return _VARIABLE.sub(value, text)


def absolute(container: Container, path: str, *, expand: bool = False) -> str:
    """Return a path as an absolute, normal one; relative ones are below the container's workdir."""
    joined = posixpath.join("/", container.config.workdir, expanded(container, path, expand=expand))
    return normal(joined)


def normal(path: str) -> str:
    """Return an absolute path without `.`, `..` and doubled slashes."""
    return posixpath.normpath("/" + path.lstrip("/"))


def below(base: str, inner: str) -> str:
    """Join a path inside a directory to the directory's own path; `..` does not lead out of it."""
    return normal(posixpath.join(base, normal(inner).lstrip("/")))


def cover(container: Container, path: str) -> tuple[Mount | None, str]:
    """Return the mount that covers an absolute path, and the path inside it; (None, path) for the root."""
    best: Mount | None = None
    for mount in container.mounts:
        inside = path == mount.target or path.startswith(mount.target.rstrip("/") + "/")
        if inside and (best is None or len(mount.target) >= len(best.target)):
            best = mount
    if best is None:
        return None, path
    return best, "/" + path[len(best.target.rstrip("/")) :].lstrip("/")


def locate(container: Container, path: str) -> tuple[Snapshot, str]:
    """Return the snapshot and the path in it that an absolute path of a container names.

    NotFoundError below cache volumes, temporary and secret mounts: what is there is no value.
    """
    mount, inner = cover(container, path)
    if mount is None:
        return container.root, path
    if isinstance(mount, DirectoryMount):
        if isinstance(mount.source, File):
            return mount.source.root, mount.source.path
        return mount.source.root, below(mount.source.path, inner)
    if isinstance(mount, CacheMount):
        raise NotFoundError(f"{path}: cannot retrieve path from cache")
    if isinstance(mount, TempMount):
        raise NotFoundError(f"{path}: cannot retrieve path from tmpfs")
    raise NotFoundError(f"stat {path}: no such file or directory")


def edited(container: Container, path: str, edit: Callable[[Snapshot, str], Snapshot]) -> Container:
    """Return the container with `edit(snapshot, path)` done to the root or to the mount that covers `path`."""
    mount, inner = cover(container, path)
    if mount is None:
        return container.replace(root=edit(container.root, path))
    if not isinstance(mount, DirectoryMount):
        try:
            locate(container, path)
        except NotFoundError as error:
            raise NotFoundError(f"failed to locate path {path}: {error.message}") from error
    assert isinstance(mount, DirectoryMount)
    source = mount.source
    if isinstance(source, File):
        changed: Directory | File = dataclasses.replace(source, root=edit(source.root, source.path))
    else:
        changed = dataclasses.replace(source, root=edit(source.root, below(source.path, inner)))
    replaced = dataclasses.replace(mount, source=changed)
    mounts = tuple(replaced if here is mount else here for here in container.mounts)
    return container.replace(mounts=mounts)


def owner_of(store: Store, container: Container, owner: str) -> Owner | None:
    """Translate `user[:group]`, names or numbers, by the container's own /etc/passwd and /etc/group."""
    if not owner:
        return None
    user, _, group = owner.partition(":")
    tree = Tree(store.layer_paths(container.root))
    uid = int(user) if user.isdigit() else _named(tree, "/etc/passwd", user, "user")
    if not group:
        return uid, uid
    gid = int(group) if group.isdigit() else _named(tree, "/etc/group", group, "group")
    return uid, gid


def user_of(store: Store, container: Container) -> tuple[int, int, tuple[int, ...], str]:
    """Return uid, gid, further groups and home of the user that commands run as."""
    user, _, group = container.config.user.partition(":")
    tree = Tree(store.layer_paths(container.root))
    entries = _entries(tree, "/etc/passwd")
    name, uid, gid, home = user, 0, 0, "/"
    match = next((e for e in entries if e[0] == user or (user.isdigit() and e[2] == user)), None)
    if not user:
        match = next((e for e in entries if e[2] == "0"), None)
    if match:
        name, uid, gid, home = match[0], int(match[2]), int(match[3]), match[5] or "/"
    elif user.isdigit():
        uid = int(user)
    elif user:
        raise NotFoundError(f"unable to find user {user}: no matching entries in passwd file")
    groups = [e for e in _entries(tree, "/etc/group") if name in ":".join(e[3:]).split(",")]
    further = tuple(sorted({int(e[2]) for e in groups} - {gid}))
    if group:
        gid = int(group) if group.isdigit() else _named(tree, "/etc/group", group, "group")
    return uid, gid, further, home


def _named(tree: Tree, file: str, name: str, kind: str) -> int:
    for entry in _entries(tree, file):
        if entry[0] == name:
            return int(entry[2])
    raise NotFoundError(
        f"unable to find {kind} {name}: no matching entries in {kind}s of the container"
    )


def _entries(tree: Tree, file: str) -> list[list[str]]:
    found = tree.lookup(file)
    if found is None:
        return []
    lines = tree.read_bytes(file).decode(errors="replace").splitlines()
    return [line.split(":") for line in lines if line.count(":") >= 2]  # noqa: PLR2004
