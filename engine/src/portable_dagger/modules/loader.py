"""Modules of the engine: found, loaded once per source, registered, served."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
import weakref
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from graphql import get_introspection_query, parse
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from portable_dagger.api.registry import Types
from portable_dagger.errors import GitError, ModuleConfigError, ModuleSdkError
from portable_dagger.graph.context import Context
from portable_dagger.graph.evaluation import gather
from portable_dagger.graph.sharing import Sharing
from portable_dagger.modules import (
    describe,
    environment,
    locating,
    place,
    reference,
    source,
    typedefs,
)
from portable_dagger.modules.customizing import Installed
from portable_dagger.modules.loaded import LoadedModule, with_dependencies
from portable_dagger.modules.pinning import pinned_types
from portable_dagger.modules.registration import registered
from portable_dagger.modules.results import Results
from portable_dagger.modules.worker import Worker
from portable_dagger.record.inputs import Account

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.engine import Engine
    from portable_dagger.modules.building import Builder
    from portable_dagger.modules.config import Dependency
    from portable_dagger.modules.source import ModuleSource
    from portable_dagger.record.progress import Span
    from portable_dagger.session.client import Client

SDK: Final = "python"
KEPT: Final = 64
"""Modules that stay loaded, each in as many versions as were called."""

_INTROSPECTION: Final = get_introspection_query()


async def _fetched(
    dependency: Dependency, of: ModuleSource, context: Context
) -> place.ModuleSource | None:
    """Return a dependency's source out of its repository; None, with a warning, when that cannot be reached."""
    try:
        found = await locating.from_git(dependency.source, dependency.pin, context)
    except GitError as error:
        context.session.progress.warning(
            f"module {of.config.name!r}: the dependency {dependency.source} is not available: {error}"
        )
        return None
    return found.changing({**found.config, "name": dependency.name or found.name})


def _alias(path: Path, wanted: Installed, above: tuple[Path, ...]) -> str:
    """Return the name that a module gives another one at a path, "" if that is its own; no module is above itself."""
    by, entry = wanted.by, wanted.entry
    if path in above:
        raise ModuleConfigError(
            f'{by.root / "dagger.json"}: key "{wanted.key}": {entry.source} depends on this module',
            "modules cannot depend on each other in a circle",
        )
    own = source.find(path, by.context).config.name
    return entry.name if entry.name and entry.name != own else ""


class Modules:
    """The modules of an engine, and the worker that runs their code."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.folder = engine.state / "run" / "modules"
        self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.worker = Worker(self.folder / "worker")
        self.results = Results()
        self._loaded: OrderedDict[tuple[object, ...], LoadedModule] = OrderedDict()
        self._sharing = Sharing()
        self._schemas: WeakKeyDictionary[Types, Path] = WeakKeyDictionary()
        engine.all_types = engine.all_types.extended(pinned_types())

    @property
    def loaded(self) -> list[LoadedModule]:
        """The modules that were loaded."""
        return list(self._loaded.values())

    async def close(self) -> None:
        """End the worker."""
        await self.worker.stop()

    async def serve(self, client: Client, ref: str | None) -> dict[str, Any]:
        """Load the module at `ref` (None: from the client's working directory upwards), serve it, describe it."""
        path = client.session.workdir / (ref or ".")
        context = Context(self._engine, client.session, client)
        if ref and reference.is_git(ref) and not path.exists():
            found = await locating.from_git(ref, "", context)
            module = await found.load(context)
        else:
            module = await self.load(path, context)
        client.serve(module.api_types)
        return describe.describe(module)

    async def load(  # noqa: PLR0913  the last three by name only
        self,
        path: Path,
        context: Context,
        within: Path | None = None,
        *,
        alias: str = "",
        above: tuple[Path, ...] = (),
        installed: Installed | None = None,
    ) -> LoadedModule:
        """Return the module at a path or above it, but not above `within`, with its dependencies; raises ModuleError.

        `above` are the folders of the modules that depend on it, or install it, as `installed` says.
        """
        found = await asyncio.to_thread(source.find, path, within)
        name = alias or found.config.name
        if found.config.blueprint is not None:
            wanted = Installed(found, replace(found.config.blueprint, name=name), "blueprint")
            return await self._install(wanted, context, above)
        toolchains = await self._toolchains(found, installed, context, above)
        if found.config.sdk != SDK and (found.config.sdk or not toolchains):
            raise ModuleSdkError(
                f'{found.root / "dagger.json"}: key "sdk": {found.config.sdk or "nothing"!r} modules '
                "cannot run on this engine",
                'only Python modules can: "sdk": {"source": "python"}',
            )
        self._check(found, context)
        dependencies = await self._dependencies(found, context, above)
        with context.session.progress.span("module", f"load module {name}") as span:
            span.account = Account.of(path=str(found.root))
            files = await asyncio.to_thread(source.collect, found)
            span.account.output["source"] = files.digest
            self._engine.store.usage.touch("module", (files.digest,))
            asked = LoadedModule(
                *(found, files, found.root, self.results, Types(), alias),
                dependencies=dependencies,
                toolchains=toolchains,
                installed=installed,
            )
            kept = self._loaded.get(asked.key)
            if kept is not None and kept.folder.is_dir():
                span.cached = True
                self._loaded.move_to_end(asked.key)
                return kept
            loaded: LoadedModule = await self._sharing.once(
                asked.key, lambda: self._load(asked, context, span)
            )
        return loaded

    async def _dependencies(
        self, found: ModuleSource, context: Context, above: tuple[Path, ...]
    ) -> tuple[LoadedModule, ...]:
        """Load what a module depends on, side by side."""
        above = (*above, found.root)
        loads = []
        for dependency in found.config.dependencies:
            path = source.local(found, dependency)
            if path is None:
                module = await _fetched(dependency, found, context)
                if module is not None:
                    loads.append(module.load(context, above))
                continue
            alias = _alias(path, Installed(found, dependency, "dependencies"), above)
            loads.append(self.load(path, context, found.context, alias=alias, above=above))
        return tuple(await gather(loads))

    async def _toolchains(
        self,
        found: ModuleSource,
        installed: Installed | None,
        context: Context,
        above: tuple[Path, ...],
    ) -> tuple[LoadedModule, ...]:
        """Load the toolchains of a module, side by side; a blueprint has those of the module that uses it too."""
        owners = [found]
        if installed and installed.key == "blueprint":
            owners.append(installed.by)
        wanted = [
            Installed(owner, entry, "toolchains")
            for owner in owners
            for entry in owner.config.toolchains
        ]
        loaded = await gather([self._toolchain(one, context, above) for one in wanted])
        return tuple(module for module in loaded if module is not None)

    async def _toolchain(
        self, wanted: Installed, context: Context, above: tuple[Path, ...]
    ) -> LoadedModule | None:
        """Load a toolchain; None, with a warning, for one that is out of reach: the module works without it."""
        where = f"module {wanted.by.config.name!r}: the toolchain {wanted.entry.source}"
        warning = context.session.progress.warning
        if wanted.entry.port_mappings:
            warning(f"{where}: its port mappings are left out, `up` takes the services' own ports")
        try:
            return await self._install(wanted, context, above)
        except (GitError, ModuleSdkError) as error:
            warning(f"{where} is left out: {error}")
            return None

    async def _install(
        self, installed: Installed, context: Context, above: tuple[Path, ...]
    ) -> LoadedModule:
        """Load a module for another one to serve."""
        by, entry = installed.by, installed.entry
        above = (*above, by.root)
        path = source.local(by, entry, installed.key)
        if path is None:
            found = await locating.from_git(entry.source, entry.pin, context)
            named = found.changing({**found.config, "name": entry.name or found.name})
            return await named.load(context, above, installed)
        alias = _alias(path, installed, above)
        return await self.load(
            path, context, by.context, alias=alias, above=above, installed=installed
        )

    async def _load(self, module: LoadedModule, context: Context, span: Span) -> LoadedModule:
        if module.source.lock is not None or module.source.project.requirements:
            context.session.check_way_out(f"what installs the packages of the module {module.name}")
        core = self._engine.core_types
        kept = self._engine.state / "modules" / module.files.digest
        module.folder = await asyncio.to_thread(
            source.materialise, module.source, module.files, kept
        )
        module.client_types = with_dependencies(core, module.dependencies)
        if module.source.config.sdk:
            await self.worker.start()
            types = await registered(module, context, span)
        else:
            types = typedefs.without_code(module.name, module.main_object)
        module.adopt(types, core)
        self._engine.all_types = self._engine.all_types.extended(module.api_types)
        self._loaded[module.key] = module
        while len(self._loaded) > KEPT:
            self._loaded.popitem(last=False)
        return module

    async def packages(self, module: LoadedModule, builder: Builder) -> Path | None:
        """Return the folder with the packages that a module brings along; they are installed on first use."""
        folder = self._engine.state / "packages"
        installed: Path | None = await self._sharing.once(
            ("packages", module.files.digest),
            lambda: environment.install(module.source, folder, os.environ, builder),
        )
        if installed is not None:
            self._engine.store.usage.touch("packages", (installed.name,))
        return installed

    async def schema_file(self, client: Client) -> Path:
        """Return a file with the introspection of what a module's client is served."""
        file = self._schemas.get(client.types)
        if file is None:
            result = client.schema.introspect(parse(_INTROSPECTION), _INTROSPECTION)
            file = self.folder / f"schema-{secrets.token_hex(6)}.json"
            await asyncio.to_thread(file.write_text, json.dumps(result["data"]))
            self._schemas[client.types] = file
            weakref.finalize(client.types, file.unlink, missing_ok=True)
        return file

    def _check(self, found: ModuleSource, context: Context) -> None:
        name = found.config.name
        python = found.project.requires_python
        here = sys.version.partition(" ")[0]
        try:
            fits = here in SpecifierSet(python)
        except InvalidSpecifier as error:
            file = found.source / "pyproject.toml"
            raise ModuleConfigError(f'{file}: key "project.requires-python": {error}') from error
        if not fits:
            context.session.progress.warning(
                f"module {name!r} wants Python {python}; this engine runs modules with {here}"
            )
