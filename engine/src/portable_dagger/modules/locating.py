"""Finding module sources: on the host, in directories, in git repositories, and as another module's dependencies."""

from __future__ import annotations

import asyncio
import posixpath
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portable_dagger.api import git
from portable_dagger.api.kinds import ModuleSourceKind
from portable_dagger.errors import GitError, ModuleConfigError, ModuleNotFoundAtPathError
from portable_dagger.graph.evaluation import gather
from portable_dagger.graph.records import EnvFile
from portable_dagger.graph.sources import GitRepository
from portable_dagger.modules import configuring, reference, source
from portable_dagger.modules.config import FILE_NAME, parse_config
from portable_dagger.modules.place import ModuleSource
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.graph.values import Directory
    from portable_dagger.modules.loaded import LoadedModule


def local(
    path: Path, text: str, *, find_up: bool, must_exist: bool, top: Path | None = None
) -> ModuleSource:
    """Return the source at a host path, or of the module above it; `top` is its context directory where that is known.

    Raises ModuleNotFoundAtPathError when the folder must exist and does not.
    """
    if must_exist and not path.is_dir():
        raise ModuleNotFoundAtPathError(f"there is no folder {path}", "check the path")
    folders = (path, *path.parents) if find_up else (path,)
    known = (f for f in folders if top is None or f.is_relative_to(top))
    root = next((folder for folder in known if (folder / FILE_NAME).is_file()), path)
    top = top or source.context_of(root)
    file = source.inside(root / FILE_NAME, top)
    written = file.read_text(encoding="utf-8") if file.is_file() else ""
    if written:
        parse_config(written, file)
    return ModuleSource(
        ModuleSourceKind.LOCAL_SOURCE,
        top,
        root.relative_to(top).as_posix(),
        text,
        written,
        asked=path.relative_to(top).as_posix() if path.is_relative_to(top) else ".",
    )


def source_of(module: LoadedModule) -> ModuleSource:
    """Return where a loaded module lies."""
    found = module.source
    return local(found.root, str(found.root), find_up=False, must_exist=True, top=found.context)


async def in_directory(directory: Directory, path: str, context: Context) -> ModuleSource:
    """Return the source in a directory; `path` is the folder of dagger.json."""
    root = posixpath.normpath(f"/{path}").lstrip("/") or "."

    def read() -> str:
        tree = Tree(context.store.layer_paths(directory.root))
        entry = tree.lookup(posixpath.normpath(posixpath.join(directory.path, root, FILE_NAME)))
        return entry.source.read_text(encoding="utf-8") if entry is not None else ""

    written = await asyncio.to_thread(read)
    if written:
        parse_config(written, Path(root) / FILE_NAME)
    return ModuleSource(ModuleSourceKind.DIR_SOURCE, directory, root, path, written, asked=root)


async def entries(of: ModuleSource, key: str, context: Context) -> list[ModuleSource]:
    """Return the sources of a module's dependencies, or of its toolchains."""
    found = configuring.entries(of.config, key)
    return list(await gather([entry(of, one, context) for one in found]))


async def entry(of: ModuleSource, one: Any, context: Context) -> ModuleSource:  # noqa: ANN401  JSON
    """Return the source that an entry of dagger.json names."""
    table = {"source": one} if isinstance(one, str) else one
    text = str(table.get("source") or "")
    if reference.is_git(text):
        found = await from_git(text, str(table.get("pin") or ""), context)
    elif isinstance(of.top, Path):
        path = source.inside((of.top / of.root / text).resolve(), of.top)
        found = await asyncio.to_thread(
            local, path, text, find_up=False, must_exist=True, top=of.top
        )
    else:
        found = await in_directory(of.top, posixpath.join(of.root, text), context)
    if not found.written:
        raise ModuleConfigError(
            f"module {of.name!r}: there is no module at {text}",
            "correct the path in dagger.json",
        )
    named = table.get("name")
    return found.changing({**found.config, "name": named}) if named else found


async def generated(of: ModuleSource, context: Context) -> Directory:
    """Return what is to be written for a module; its dependencies are loaded for their types.

    Without an SDK there is no code, and so nobody who would need them.
    """
    if not configuring.sdk_of(of.config):
        return await of.generated((), context)
    sources = await entries(of, "dependencies", context)
    modules = await gather([one.load(context) for one in sources])
    return await of.generated([module.api_types for module in modules], context)


async def user_defaults(context: Context) -> EnvFile:
    """Return the variables of the .env file in the caller's working directory; empty without one."""
    file = context.session.workdir / ".env"
    if not context.client.is_main or not file.is_file():
        return EnvFile()
    return EnvFile.parse(await asyncio.to_thread(file.read_text, encoding="utf-8"))


async def from_git(text: str, pin: str, context: Context) -> ModuleSource:
    """Return the source that a git reference names, at the commit `pin` if that is given.

    A version is a tag, a branch or a commit; in a repository of many modules also a tag `folder/version`. Raises
    GitError when there is none.
    """
    wanted = reference.parse(text)
    repository = GitRepository(wanted.clone, of_main_client=context.client.is_main)
    try:
        ref = await git.ref(repository, context, name=pin or wanted.version or "HEAD")
    except GitError:
        if pin or not wanted.version or wanted.folder == ".":
            raise
        ref = await git.ref(repository, context, name=f"{wanted.folder}/{wanted.version}")
    tree = await git.tree(ref, context, discard_git_dir=True)
    found = await in_directory(tree, wanted.folder, context)
    return replace(
        found,
        kind=ModuleSourceKind.GIT_SOURCE,
        reference=text,
        clone=wanted.clone,
        version=wanted.version,
        commit=ref.commit,
    )
