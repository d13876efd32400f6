"""Where a module's files lie, and its configuration: the value behind the API's ModuleSource.

A source of the host is read where it is; one in a directory, or a changed one, is written to a folder of the engine's
before it is loaded. Changes touch the value only: what `generated` answers is what is to be written.
"""

from __future__ import annotations

import asyncio
import json
import posixpath
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from portable_dagger.errors import ModuleNotFoundAtPathError
from portable_dagger.graph.values import Directory, Value
from portable_dagger.modules import content, development, source, starter
from portable_dagger.modules.checkout import checkout
from portable_dagger.modules.config import FILE_NAME
from portable_dagger.modules.configuring import Config, sdk_of, text
from portable_dagger.store import edit
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.api.kinds import ModuleSourceKind
    from portable_dagger.api.registry import Types
    from portable_dagger.graph.context import Context
    from portable_dagger.modules.customizing import Installed
    from portable_dagger.modules.loaded import LoadedModule
    from portable_dagger.store.snapshot import Snapshot

PYTHON: Final = "python"


@dataclass(frozen=True, slots=True)
class ModuleSource(Value):
    """A module's source. `top` is the context directory, `root` the folder of dagger.json in it.

    `written` is dagger.json's text as it lies there ("" when there is none), `changed` what it shall be. `asked` is
    the path that was named, `root` where dagger.json was found. The last three are those of git sources: what to
    clone, the version asked for, and its commit.
    """

    api_type: ClassVar[str] = "ModuleSource"
    kind: ModuleSourceKind
    top: Path | Directory
    root: str = "."
    reference: str = "."
    written: str = ""
    changed: str | None = None
    asked: str = "."
    clone: str = ""
    version: str = ""
    commit: str = ""

    @property
    def config(self) -> Config:
        """What dagger.json shall hold."""
        found: Config = json.loads(self.changed or self.written or "{}")
        return found

    @property
    def original_name(self) -> str:
        """The name that is written in dagger.json, "" without one."""
        return str(json.loads(self.written or "{}").get("name") or "")

    @property
    def name(self) -> str:
        """The module's name, as it shall be."""
        return str(self.config.get("name") or "")

    @property
    def subpath(self) -> str:
        """The folder with the code, relative to the context directory; "" when none was chosen yet."""
        config = self.config
        if not config.get("source") and not sdk_of(config):
            return ""
        return posixpath.normpath(posixpath.join(self.root, str(config.get("source") or ".")))

    @property
    def repository(self) -> str:
        """The repository's name as references have it, such as `github.com/owner/name`; "" unless it is git's."""
        return self.clone.rpartition("://")[2].removesuffix(".git")

    @property
    def repository_page(self) -> str:
        """The repository's web page, "" unless it is one of a server's."""
        return f"https://{self.repository}" if self.clone.startswith("http") else ""

    @property
    def page(self) -> str:
        """The module's folder on the repository's web page, "" without one."""
        if not self.repository_page:
            return ""
        return f"{self.repository_page}/tree/{self.commit}/{self.root}".removesuffix("/.")

    def changing(self, config: Config) -> ModuleSource:
        """Return the source with another configuration."""
        return replace(self, changed=json.dumps(config))

    async def folder(self, context: Context) -> Path:
        """Return a folder that holds the context directory as it is."""
        if isinstance(self.top, Path):
            return self.top
        return await checkout(self.top, context)

    async def found(self, context: Context) -> source.ModuleSource:
        """Read the module's files; ModuleError when there is none, or when its configuration is wrong."""
        folder = await self.folder(context)
        return await asyncio.to_thread(source.find, folder / self.root, folder)

    async def directory(self, context: Context) -> Directory:
        """Return the context directory with what the module loads from it."""
        if not isinstance(self.top, Path):
            return self.top
        if not self.written:
            return Directory()
        found = await self.found(context)
        files = await asyncio.to_thread(source.collect, found)
        return await content.directory(found.context, context, include=files.paths)

    async def generated(self, dependencies: Sequence[Types], context: Context) -> Directory:
        """Return what is to be written into the context directory.

        That is dagger.json, the first code of a module without any, and the SDK for editors, with the types of the
        module's dependencies (modules.development).
        """
        files = await _with(await self._files(context), Directory(), context)
        if sdk_of(self.config) != PYTHON:
            return files
        folder = posixpath.join(files.path, self.subpath, development.FOLDER)
        return await development.added(files, posixpath.normpath(folder), dependencies, context)

    async def whole(self, context: Context) -> Directory:
        """Return the context directory with dagger.json and the module's code as they shall be."""
        return await _with(await self._files(context), await self.directory(context), context)

    async def load(
        self,
        context: Context,
        above: tuple[Path, ...] = (),
        installed: Installed | None = None,
    ) -> LoadedModule:
        """Load the module, under another name if it was given one; raises ModuleError.

        `above` are the folders of the modules that depend on it; the rest is as in Modules.load.
        """
        if not self.written and self.changed is None:
            raise ModuleNotFoundAtPathError(
                f"there is no {FILE_NAME} in {self.reference}", "make a module with: dagger init"
            )
        alias = self.name if self.original_name not in {"", self.name} else ""
        own = self.changing({**self.config, "name": self.original_name or self.name})
        same = self.written and own.config == json.loads(self.written)
        top = self.folder(context) if same else checkout(await own.whole(context), context)
        folder = await top
        return await context.engine.modules.load(
            folder / self.root,
            context,
            folder,
            alias=alias,
            above=above,
            installed=installed,
        )

    async def _files(self, context: Context) -> dict[str, str]:
        config = self.config
        files = {FILE_NAME: text(config)}
        if sdk_of(config) == PYTHON and not await self._has_code(context):
            folder = str(config.get("source") or ".")
            files |= {posixpath.join(folder, p): t for p, t in starter.files(self.name).items()}
        return {posixpath.normpath(posixpath.join(self.root, p)): t for p, t in files.items()}

    async def _has_code(self, context: Context) -> bool:
        """Whether the source folder holds Python code, or a project, already."""

        def look() -> bool:
            if isinstance(self.top, Path):
                folder = self.top / self.subpath
                return (folder / "pyproject.toml").exists() or any(folder.glob("**/*.py"))
            tree = Tree(context.store.layer_paths(self.top.root))
            path = posixpath.join(self.top.path, self.subpath)
            if tree.lookup(path) is None:
                return False
            names = [entry.path for entry in tree.walk(path)]
            return any(n.endswith((".py", "/pyproject.toml")) for n in names)

        return await asyncio.to_thread(look)


async def _with(files: dict[str, str], base: Directory, context: Context) -> Directory:
    def write() -> Snapshot:
        root = base.root
        for path, body in files.items():
            full = posixpath.normpath(posixpath.join(base.path, path))
            root = edit.write_file(context.store, root, full, body.encode())
        return root

    return Directory(await asyncio.to_thread(write), base.path)
