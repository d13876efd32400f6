"""The build context: a directory without what .dockerignore names."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from portable_dagger.graph.values import Directory
from portable_dagger.ops.paths import below
from portable_dagger.store.copy import copy
from portable_dagger.store.filter import Filter
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from portable_dagger.store.store import Store


def patterns(text: str) -> tuple[str, ...]:
    """Read a .dockerignore file: comments and blank lines go, paths become relative and normal (moby's ignorefile)."""
    found = []
    for line in text.removeprefix("\ufeff").splitlines():
        pattern = line.strip()
        if not pattern or line.startswith("#"):
            continue
        negated = pattern.startswith("!")
        path = posixpath.normpath(pattern.removeprefix("!").strip()).lstrip("/")
        found.append(("!" if negated else "") + path)
    return tuple(found)


def build_context(store: Store, source: Directory, dockerfile: str) -> Directory:
    """Return the context: by `<Dockerfile>.dockerignore` if there is one, else by `.dockerignore`."""
    tree = Tree(store.layer_paths(source.root))
    for name in (f"{dockerfile}.dockerignore", ".dockerignore"):
        path = below(source.path, name)
        entry = tree.lookup(path)
        if entry is None or not entry.is_file:
            continue
        excluded = patterns(tree.read_bytes(path).decode(errors="replace"))
        if not excluded:
            break
        select = Filter(exclude=excluded)
        return Directory(copy(store, Snapshot(), "/", source.root, source.path, select=select))
    return source
