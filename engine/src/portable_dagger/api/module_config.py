"""Fields of ModuleSource that change its configuration: nothing is written before the generated files are exported."""

from __future__ import annotations

import importlib.metadata
import posixpath
from pathlib import Path

from portable_dagger.api.kinds import ModuleSourceExperimentalFeature, ModuleSourceKind
from portable_dagger.api.module_source import MODULE_SOURCE
from portable_dagger.errors import ModuleConfigError, QueryError
from portable_dagger.graph.context import Context
from portable_dagger.modules import configuring, locating, reference
from portable_dagger.modules.config import PROVIDED
from portable_dagger.modules.place import ModuleSource

LATEST = f"v{importlib.metadata.version(PROVIDED)}"
"""The engine version of a module that asks for the latest: that of the SDK, whose API this engine answers."""


def _entry(of: ModuleSource, dependency: ModuleSource) -> configuring.Config:
    """Return how dagger.json names another module; ModuleConfigError for a path that it cannot name."""
    if not dependency.written:
        raise ModuleConfigError(
            f"there is no module at {dependency.reference}", "check the path or the reference"
        )
    if dependency.kind is ModuleSourceKind.GIT_SOURCE:
        found = {"source": dependency.reference, "pin": dependency.commit}
    elif isinstance(of.top, Path) and of.top == dependency.top:
        if of.root == dependency.root:
            raise ModuleConfigError(f"module {of.name!r} cannot depend on itself")
        found = {"source": posixpath.relpath(dependency.root, of.root)}
    else:
        raise ModuleConfigError(
            f"module {dependency.reference} lies outside of the context directory of {of.name!r}",
            "a local dependency must lie in the same git work tree",
        )
    return {"name": dependency.name, **found}


def _with(of: ModuleSource, key: str, added: list[ModuleSource]) -> ModuleSource:
    new = [_entry(of, dependency) for dependency in added]
    return of.changing(configuring.with_entries(of.config, key, new))


async def _updated(of: ModuleSource, key: str, wanted: list[str], context: Context) -> ModuleSource:
    """Pin git dependencies anew: to the version that is named, else to what theirs leads to now."""
    kept = []
    for entry in configuring.entries(of.config, key):
        source = str(entry.get("source") or "")
        chosen = [w for w in wanted if configuring.names(entry, w.partition("@")[0])]
        if reference.is_git(source) and (chosen or not wanted):
            version = next((w.partition("@")[2] for w in chosen if "@" in w), "")
            text = f"{source.partition('@')[0]}@{version}" if version else source
            found = await locating.from_git(text, "", context)
            kept.append({**entry, "source": text, "pin": found.commit})
            continue
        if chosen:
            raise ModuleConfigError(f"{chosen[0]!r} is a local module: there is nothing to update")
        kept.append(entry)
    known = configuring.entries(of.config, key)
    for one in wanted:
        if not any(configuring.names(entry, one.partition("@")[0]) for entry in known):
            raise ModuleConfigError(f"{one!r} is not among the {key}")
    return of.changing({**of.config, key: kept})


@MODULE_SOURCE.field()
async def with_name(self: ModuleSource, context: Context, *, name: str) -> ModuleSource:
    """Update the module source with a new name."""
    return self.changing({**self.config, "name": name})


@MODULE_SOURCE.field(name="withSDK")
async def with_sdk(self: ModuleSource, context: Context, *, source: str) -> ModuleSource:
    """Update the module source with a new SDK."""
    return self.changing(configuring.with_sdk(self.config, source))


@MODULE_SOURCE.field()
async def with_source_subpath(self: ModuleSource, context: Context, *, path: str) -> ModuleSource:
    """Update the module source with a new folder of code, relative to its root."""
    inside = posixpath.normpath(path)
    if inside.startswith(("../", "/")) or inside == "..":
        raise QueryError(f"source path {path!r} leads out of the module's root")
    return self.changing({**self.config, "source": "" if inside == "." else inside})


@MODULE_SOURCE.field()
async def with_engine_version(
    self: ModuleSource, context: Context, *, version: str
) -> ModuleSource:
    """Upgrade the engine version of the module; `latest` is that of this engine."""
    chosen = LATEST if version == "latest" else version
    return self.changing({**self.config, "engineVersion": chosen})


@MODULE_SOURCE.field()
async def with_includes(
    self: ModuleSource, context: Context, *, patterns: list[str]
) -> ModuleSource:
    """Update the module source with additional include patterns."""
    before = self.config.get("include") or []
    return self.changing({**self.config, "include": [*before, *patterns]})


@MODULE_SOURCE.field()
async def with_dependencies(
    self: ModuleSource, context: Context, *, dependencies: list[ModuleSource]
) -> ModuleSource:
    """Append the provided dependencies to the module source's dependency list."""
    return _with(self, "dependencies", dependencies)


@MODULE_SOURCE.field()
async def without_dependencies(
    self: ModuleSource, context: Context, *, dependencies: list[str]
) -> ModuleSource:
    """Remove the provided dependencies from the module source's dependency list."""
    config = configuring.without_entries(self.config, "dependencies", dependencies)
    return self.changing(config)


@MODULE_SOURCE.field()
async def with_update_dependencies(
    self: ModuleSource, context: Context, *, dependencies: list[str]
) -> ModuleSource:
    """Update one or more module dependencies; all without a name."""
    return await _updated(self, "dependencies", dependencies, context)


@MODULE_SOURCE.field()
async def with_toolchains(
    self: ModuleSource, context: Context, *, toolchains: list[ModuleSource]
) -> ModuleSource:
    """Add toolchains to the module source."""
    return _with(self, "toolchains", toolchains)


@MODULE_SOURCE.field()
async def without_toolchains(
    self: ModuleSource, context: Context, *, toolchains: list[str]
) -> ModuleSource:
    """Remove the provided toolchains from the module source."""
    return self.changing(configuring.without_entries(self.config, "toolchains", toolchains))


@MODULE_SOURCE.field()
async def with_update_toolchains(
    self: ModuleSource, context: Context, *, toolchains: list[str]
) -> ModuleSource:
    """Update one or more toolchains; all without a name."""
    return await _updated(self, "toolchains", toolchains, context)


@MODULE_SOURCE.field()
async def with_blueprint(
    self: ModuleSource, context: Context, *, blueprint: ModuleSource
) -> ModuleSource:
    """Set a blueprint for the module source."""
    return self.changing({**self.config, "blueprint": _entry(self, blueprint)})


@MODULE_SOURCE.field()
async def without_blueprint(self: ModuleSource, context: Context) -> ModuleSource:
    """Remove the current blueprint from the module source."""
    return self.changing({**self.config, "blueprint": None})


@MODULE_SOURCE.field()
async def with_update_blueprint(self: ModuleSource, context: Context) -> ModuleSource:
    """Update the blueprint to the latest version; a module without one stays as it is."""
    entry = self.config.get("blueprint")
    if not isinstance(entry, dict) or not reference.is_git(str(entry.get("source"))):
        return self
    found = await locating.from_git(str(entry["source"]), "", context)
    return self.changing({**self.config, "blueprint": {**entry, "pin": found.commit}})


@MODULE_SOURCE.field()
async def with_client(
    self: ModuleSource, context: Context, *, generator: str, output_dir: str
) -> ModuleSource:
    """Update the module source with a new client to generate."""
    return self.changing(configuring.with_client(self.config, generator, output_dir))


@MODULE_SOURCE.field()
async def without_client(self: ModuleSource, context: Context, *, path: str) -> ModuleSource:
    """Remove a client from the module source."""
    return self.changing(configuring.without_client(self.config, path))


@MODULE_SOURCE.field()
async def with_updated_clients(
    self: ModuleSource, context: Context, *, clients: list[str]
) -> ModuleSource:
    """Update one or more clients: their generators keep no version, so nothing changes."""
    return self


@MODULE_SOURCE.field()
async def with_experimental_features(
    self: ModuleSource, context: Context, *, features: list[ModuleSourceExperimentalFeature]
) -> ModuleSource:
    """Enable the experimental features for the module source."""
    names = [feature.name for feature in features]
    return self.changing(configuring.with_features(self.config, names, enabled=True))


@MODULE_SOURCE.field()
async def without_experimental_features(
    self: ModuleSource, context: Context, *, features: list[ModuleSourceExperimentalFeature]
) -> ModuleSource:
    """Disable experimental features for the module source."""
    names = [feature.name for feature in features]
    return self.changing(configuring.with_features(self.config, names, enabled=False))
