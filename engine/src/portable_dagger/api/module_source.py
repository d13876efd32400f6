"""The ModuleSource type: where a module's files lie, and what dagger.json says. What changes it: module_config."""

from __future__ import annotations

import asyncio
import posixpath
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from portable_dagger.api.attributes import attributes
from portable_dagger.api.directory import DIRECTORY
from portable_dagger.api.introspection import schema_file
from portable_dagger.api.kinds import ModuleSourceKind
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.api.types import Identifier
from portable_dagger.errors import ModuleNotFoundAtPathError, QueryError
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import Changeset, EnvFile
from portable_dagger.graph.values import Directory, File, Value
from portable_dagger.modules import configuring, locating, reference
from portable_dagger.modules.place import ModuleSource
from portable_dagger.modules.served import served
from portable_dagger.modules.typedefs import Module
from portable_dagger.store.content import content_digest

MODULE_SOURCE = ObjectType(
    "ModuleSource",
    "The source needed to load and run a module, along with any metadata about the source.",
    interfaces=("Node", "Syncer"),
)
SDK_CONFIG = ObjectType("SDKConfig", "The SDK config of the module.")
CLIENT = ObjectType("ModuleConfigClient", "The client generated for the module.")


@dataclass(frozen=True, slots=True)
class SDKConfig(Value):
    """The SDK that runs a module."""

    api_type: ClassVar[str] = "SDKConfig"
    source: str
    debug: bool = False


@dataclass(frozen=True, slots=True)
class ModuleConfigClient(Value):
    """A client that is generated for a module."""

    api_type: ClassVar[str] = "ModuleConfigClient"
    generator: str
    directory: str


attributes(
    SDK_CONFIG,
    source=(str, "Source of the SDK: its name, or a reference of a module."),
    debug=(bool, "Whether to start the SDK's runtime in debug mode."),
)
attributes(
    CLIENT,
    generator=(str, "The generator to use."),
    directory=(str, "The directory the client is generated in."),
)


def sdk_config(config: configuring.Config) -> SDKConfig | None:
    """Return what dagger.json says of the SDK."""
    source_ = configuring.sdk_of(config)
    sdk = config.get("sdk")
    debug = bool(sdk.get("debug")) if isinstance(sdk, dict) else False
    return SDKConfig(source_, debug) if source_ else None


@QUERY.field(scope=Scope.CLIENT)
async def module_source(
    self: object,
    context: Context,
    *,
    ref_string: str,
    ref_pin: str = "",
    disable_find_up: bool = False,
    allow_not_exists: bool = False,
    require_kind: ModuleSourceKind | None = None,
) -> ModuleSource:
    """Create a module source from a reference: a path of the host, or a git repository."""
    path = context.client.workdir / ref_string
    if reference.is_git(ref_string) and not path.exists():
        if require_kind not in {None, ModuleSourceKind.GIT_SOURCE}:
            raise QueryError(f"module source {ref_string!r} is not on this host")
        return await locating.from_git(ref_string, ref_pin, context)
    if require_kind not in {None, ModuleSourceKind.LOCAL_SOURCE}:
        raise QueryError(f"module source {ref_string!r} is a path of this host")
    # Whoever is not the session's own client sees a folder of its own only.
    top = None if context.client.is_main else context.client.workdir.resolve()
    found = path.resolve()
    if top and not found.is_relative_to(top):
        raise ModuleNotFoundAtPathError(f"{ref_string} lies outside of the function's own folder")
    return await asyncio.to_thread(
        locating.local,
        found,
        ref_string,
        find_up=not disable_find_up,
        must_exist=not allow_not_exists,
        top=top,
    )


@DIRECTORY.field(scope=Scope.SESSION)
async def as_module_source(
    self: Directory, context: Context, *, source_root_path: str = "."
) -> ModuleSource:
    """Make the directory, or a folder in it, a module's source."""
    return await locating.in_directory(self, source_root_path, context)


@DIRECTORY.field(scope=Scope.SESSION)
async def as_module(self: Directory, context: Context, *, source_root_path: str = ".") -> Module:
    """Load the directory, or a folder in it, as a module."""
    found = await locating.in_directory(self, source_root_path, context)
    return served(await found.load(context))


attributes(
    MODULE_SOURCE,
    kind=(ModuleSourceKind, "The kind of source: local, git or dir."),
    asString=(str, "A human readable reference of the module.", "reference"),
    configExists=(bool, "Whether an existing dagger.json was found.", lambda s: bool(s.written)),
    moduleName=(str, "The name of the module, including any setting via withName.", "name"),
    moduleOriginalName=(str, "The name that dagger.json has.", "original_name"),
    engineVersion=(
        str,
        "The engine version of the module.",
        lambda s: str(s.config.get("engineVersion") or ""),
    ),
    sdk=(SDKConfig | None, "The SDK configuration of the module.", lambda s: sdk_config(s.config)),
    sourceRootSubpath=(str, "Path, relative to the context, of the folder of dagger.json.", "root"),
    originalSubpath=(str, "The subpath that was asked for, before any search upwards.", "asked"),
    sourceSubpath=(str, "Path, relative to the context, of the folder with the code.", "subpath"),
    configClients=(
        list[ModuleConfigClient],
        "The clients generated for the module.",
        lambda s: [
            ModuleConfigClient(str(c.get("generator")), str(c.get("directory")))
            for c in s.config.get("clients") or []
        ],
    ),
    cloneRef=(str, "The ref to clone the root of the git repo from, for git sources.", "clone"),
    commit=(str, "The resolved commit of the git repo, for git sources."),
    pin=(str, "The pinned version of this module source.", "commit"),
    version=(str, "The specified version of the git repo this source points to."),
    htmlURL=(str, "The URL to the source's git repo in a web browser, for git sources.", "page"),
    htmlRepoURL=(str, "The URL to access the web view of the repository.", "repository_page"),
    repoRootPath=(str, "The import path of the root of the git repo.", "repository"),
)


@MODULE_SOURCE.field()
async def sync(self: ModuleSource, context: Context) -> Identifier:
    """Force evaluation; answers the source's ID."""
    raise AssertionError  # answered by the executor


@MODULE_SOURCE.field()
async def local_context_directory_path(self: ModuleSource, context: Context) -> str:
    """The full absolute path of the context directory on the caller's host, for local sources."""
    if isinstance(self.top, Path):
        return str(self.top)
    raise QueryError(f"module source {self.reference!r} is not on this host")


@MODULE_SOURCE.field(name="asModule", scope=Scope.SESSION)
async def loaded(self: ModuleSource, context: Context) -> Module:
    """Load the source as a module."""
    return served(await self.load(context))


@MODULE_SOURCE.field(scope=Scope.CALL)
async def context_directory(self: ModuleSource, context: Context) -> Directory:
    """The context directory with the files that the module loads."""
    return await self.directory(context)


@MODULE_SOURCE.field(scope=Scope.CALL)
async def directory(self: ModuleSource, context: Context, *, path: str) -> Directory:
    """The directory at a path below the folder with the code."""
    whole = await self.directory(context)
    inside = posixpath.join(whole.path, self.subpath or self.root, path)
    return Directory(whole.root, posixpath.normpath(inside))


@MODULE_SOURCE.field(scope=Scope.CALL)
async def generated_context_directory(self: ModuleSource, context: Context) -> Directory:
    """The files that are generated for the source, as they lie in its context directory."""
    return await locating.generated(self, context)


@MODULE_SOURCE.field(scope=Scope.CALL)
async def generated_context_changeset(self: ModuleSource, context: Context) -> Changeset:
    """The changes that generation makes in the context directory."""
    return Changeset(await self.directory(context), await self.whole(context))


@MODULE_SOURCE.field()
async def digest(self: ModuleSource, context: Context) -> str:
    """A digest of the source's content, its configuration included."""
    whole = await self.whole(context)
    return await asyncio.to_thread(content_digest, context.store, whole.root, whole.path)


@MODULE_SOURCE.field()
async def dependencies(self: ModuleSource, context: Context) -> list[ModuleSource]:
    """The sources of the modules that the module depends on."""
    return await locating.entries(self, "dependencies", context)


@MODULE_SOURCE.field()
async def toolchains(self: ModuleSource, context: Context) -> list[ModuleSource]:
    """The sources of the module's toolchains."""
    return await locating.entries(self, "toolchains", context)


@MODULE_SOURCE.field()
async def blueprint(self: ModuleSource, context: Context) -> ModuleSource:
    """The source of the module's blueprint."""
    entry = self.config.get("blueprint")
    if not entry:
        raise QueryError(f"module {self.name!r} has no blueprint")
    return await locating.entry(self, entry, context)


@MODULE_SOURCE.field(name="introspectionSchemaJSON")
async def introspection_schema_json(self: ModuleSource, context: Context) -> File:
    """The introspection of the API that the module's code is served, as a JSON file."""
    return await schema_file(await self.load(context), context)


@MODULE_SOURCE.field(scope=Scope.CALL)
async def user_defaults(self: ModuleSource, context: Context) -> EnvFile:
    """The values of the .env file beside the caller's working directory that the command line gives to arguments."""
    return await locating.user_defaults(context)
