"""Directories and files of the host that module code is given: its source, its defaults, what it wrote to /scratch."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.errors import QueryError
from portable_dagger.graph.recipe import Recipe
from portable_dagger.graph.values import Directory, File
from portable_dagger.store.filter import Filter
from portable_dagger.store.host import import_directory, import_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.graph.context import Context
    from portable_dagger.modules.loaded import LoadedModule
    from portable_dagger.modules.source import ModuleSource


def below(folder: Path, path: str) -> Path:
    """Return `path` in a folder; QueryError when it leads out of it."""
    found = Path(os.path.normpath(folder / path.lstrip("/")))
    if not found.is_relative_to(folder):
        raise QueryError(f"path {path!r} leads out of the module's working directory")
    return found


def contextual(module: ModuleSource, path: str) -> Path:
    """Return the host path of a DefaultPath: absolute ones start at the context directory, others at dagger.json.

    Raises QueryError when it leads out of the context directory (brief, section 2.7).
    """
    base = module.context / path.lstrip("/") if path.startswith("/") else module.root / path
    found = Path(os.path.normpath(base))
    if not (found.is_relative_to(module.context) and _lies_in(found, module.context)):
        raise QueryError(
            f"default path {path!r} of module {module.config.name!r} leads out of {module.context}",
            "a default path must lie in the git work tree, or in the folder of dagger.json",
        )
    return found


def repository(module: ModuleSource, path: str, context: Context) -> Recipe:
    """Return the recipe of the repository that a DefaultPath names: the module's own, or one by its URL.

    Raises QueryError when the module's folder is in none (brief, section 2.7).
    """
    url = path
    if path.removeprefix("./") in {".", ".git"}:
        if not (module.context / ".git").exists():
            raise QueryError(
                f"default path {path!r} of module {module.config.name!r}: {module.context} is no git work tree",
                "run `git init` there and commit, or pass the argument",
            )
        url = str(module.context)
    # As the session's own client would ask: the engine loads it for the module, which cannot read the host.
    return Recipe("GitRepository", "git", None, (("url", url),), context.session.main.id)


def _lies_in(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


async def directory(
    folder: Path,
    context: Context,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    gitignore: bool = False,
) -> Directory:
    """Read a directory into the store, once for all calls that wait for it."""
    select = Filter(include=tuple(include), exclude=tuple(exclude))

    async def read() -> Directory:
        snapshot = await asyncio.to_thread(
            import_directory, context.store, folder, select, gitignore=gitignore
        )
        return Directory(snapshot, "/")

    key = (folder, select, gitignore)
    found: Directory = await context.engine.sharing.next(key, read)
    return found


async def file(path: Path, context: Context) -> File:
    """Read a file into the store."""
    return File(*await asyncio.to_thread(import_file, context.store, path))


async def source_directory(loaded: LoadedModule, context: Context) -> Directory:
    """Read the source of a module as it was loaded."""
    relative = loaded.source.source.relative_to(loaded.source.context)
    return await directory(loaded.folder / relative, context, exclude=("**/__pycache__",))
