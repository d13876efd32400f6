"""Modules of the engine: found, loaded once per source, registered, served."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from graphql import get_introspection_query, parse
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from portable_dagger.api.registry import Types
from portable_dagger.api.types import ENUMS
from portable_dagger.errors import ModuleConfigError
from portable_dagger.graph.context import Context
from portable_dagger.graph.sharing import Sharing
from portable_dagger.modules import describe, environment, names, serving, source, typedefs
from portable_dagger.modules.pinning import pinned_types
from portable_dagger.modules.registration import registered
from portable_dagger.modules.results import Results
from portable_dagger.modules.worker import Worker

if TYPE_CHECKING:
    import enum
    from pathlib import Path

    from portable_dagger.engine import Engine
    from portable_dagger.modules.source import ModuleSource, SourceFiles
    from portable_dagger.record.progress import Span
    from portable_dagger.session.client import Client

SDK: Final = "python"
_INTROSPECTION: Final = get_introspection_query()


@dataclass(slots=True, eq=False)
class LoadedModule:
    """A module whose source is in the engine: `folder` holds its files.

    `types` are what its code registered, `api_types` what the API makes of them, `client_types` what its own code is
    served. `api_names` lead from its own names of types to the API's, `enums` to their classes.
    """

    source: ModuleSource
    files: SourceFiles
    folder: Path
    results: Results
    client_types: Types
    types: typedefs.Module = field(default_factory=typedefs.Module)
    api_types: Types = field(default_factory=Types)
    api_names: dict[str, str] = field(default_factory=dict)
    enums: dict[str, type[enum.Enum]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The module's name."""
        return self.source.config.name

    @property
    def main_object(self) -> str:
        """The main class's name in the module."""
        return self.source.config.main_object

    @property
    def root(self) -> str:
        """The root field that leads to the main object."""
        return names.camel(self.name)

    def api_name(self, own: str) -> str:
        """Return the API's name of one of the module's types."""
        return self.api_names[own]

    def enum_member(self, type_name: str, own: str) -> enum.Enum:
        """Return the member that the module calls `own`, of its own enum or one of the core."""
        known = self.enums.get(type_name)
        return known(own) if known else ENUMS[type_name][own]

    def own_member(self, type_name: str, member: str) -> str:
        """Return what the module calls a member of the API."""
        known = self.enums.get(type_name)
        return str(known[member].value) if known else member

    def adopt(self, types: typedefs.Module, core: Types) -> None:
        """Take the types that the module's code registered."""
        self.types = types
        definitions = (*types.objects, *types.interfaces, *types.enums)
        self.api_names = {d.name: names.namespaced(d.name, self.name) for d in definitions}
        self.enums = {e.name: serving.enum_class(e) for e in types.enums}
        self.api_types = serving.Serving(self, core).types()
        self.client_types = core.extended(self.api_types)


class Modules:
    """The modules of an engine, and the worker that runs their code."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.folder = engine.state / "run" / "modules"
        self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.worker = Worker(self.folder / "worker")
        self.results = Results()
        self._loaded: dict[tuple[Path, str], LoadedModule] = {}
        self._sharing = Sharing()
        self._schemas: dict[int, Path] = {}
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
        module = await self.load(path, Context(self._engine, client.session, client))
        client.serve(module.api_types)
        return describe.describe(module)

    async def load(self, path: Path, context: Context, within: Path | None = None) -> LoadedModule:
        """Return the module at a path or above it, but not above `within`; raises ModuleError."""
        found = await asyncio.to_thread(source.find, path, within)
        if found.config.sdk != SDK:
            raise ModuleConfigError(
                f'{found.root / "dagger.json"}: key "sdk": {found.config.sdk or "nothing"!r} modules '
                "cannot run on this engine",
                'only Python modules can: "sdk": {"source": "python"}',
            )
        self._check(found, context)
        with context.session.progress.span("module", f"load module {found.config.name}") as span:
            files = await asyncio.to_thread(source.collect, found)
            key = (found.root, files.digest)
            self._engine.store.usage.touch("module", (files.digest,))
            kept = self._loaded.get(key)
            span.cached = kept is not None and kept.folder.is_dir()
            if not span.cached:
                await self._sharing.once(key, lambda: self._load(found, files, context, span))
        return self._loaded[key]

    async def _load(
        self, found: ModuleSource, files: SourceFiles, context: Context, span: Span
    ) -> None:
        core = self._engine.core_types
        kept = self._engine.state / "modules" / files.digest
        folder = await asyncio.to_thread(source.materialise, found, files, kept)
        module = LoadedModule(found, files, folder, self.results, core)
        await self.worker.start()
        module.adopt(await registered(module, context, span), core)
        self._engine.all_types = self._engine.all_types.extended(module.api_types)
        self._loaded[found.root, files.digest] = module

    async def packages(self, module: LoadedModule) -> Path | None:
        """Return the folder with the packages that a module brings along; they are installed on first use."""
        folder = self._engine.state / "packages"
        installed: Path | None = await self._sharing.once(
            ("packages", module.files.digest),
            lambda: environment.install(module.source, folder, os.environ),
        )
        if installed is not None:
            self._engine.store.usage.touch("packages", (installed.name,))
        return installed

    async def schema_file(self, client: Client) -> Path:
        """Return a file with the introspection of what a module's client is served."""
        key = id(client.types)
        if key not in self._schemas:
            result = client.schema.introspect(parse(_INTROSPECTION), _INTROSPECTION)
            file = self.folder / f"schema-{len(self._schemas)}.json"
            await asyncio.to_thread(file.write_text, json.dumps(result["data"]))
            self._schemas[key] = file
        return self._schemas[key]

    def _check(self, found: ModuleSource, context: Context) -> None:
        name = found.config.name
        for key, wanted in (
            ("dependencies", found.config.dependencies),
            ("toolchains", found.config.toolchains),
        ):
            source.check_dependencies(found, key, wanted)
            if wanted:
                context.session.progress.warning(
                    f"module {name!r}: its {key} are not available on this engine yet"
                )
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
