"""The CurrentModule type: what the code of a module's functions asks about its own module."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from portable_dagger.api.attributes import attributes
from portable_dagger.api.generator import GeneratorGroup, generators_of
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.api.types import EMPTY
from portable_dagger.errors import QueryError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Directory, File, Value
from portable_dagger.modules import content, locating
from portable_dagger.modules.locating import source_of
from portable_dagger.modules.served import served
from portable_dagger.modules.typedefs import Module

if TYPE_CHECKING:
    from portable_dagger.modules.loaded import LoadedModule

CURRENT_MODULE = ObjectType(
    "CurrentModule", "Reflective module API provided to functions at runtime."
)


@dataclass(frozen=True, slots=True)
class CurrentModule(Value):
    """The module whose code asks."""

    api_type: ClassVar[str] = "CurrentModule"
    name: str
    loaded: LoadedModule


@QUERY.field(scope=Scope.CLIENT)
async def current_module(self: object, context: Context) -> CurrentModule:
    """The module currently being served in the session, if any."""
    if context.client.module is None:
        raise QueryError("there is no current module", "only code of a module's functions has one")
    return CurrentModule(context.client.module.name, context.client.module)


attributes(CURRENT_MODULE, name=(str, "The name of the module being executed in."))


@CURRENT_MODULE.field(scope=Scope.CLIENT)
async def source(self: CurrentModule, context: Context) -> Directory:
    """The directory containing the module's source code loaded into the engine."""
    return await content.source_directory(context.client.module, context)


@CURRENT_MODULE.field(scope=Scope.CALL)
async def workdir(
    self: CurrentModule,
    context: Context,
    *,
    path: str,
    exclude: list[str] = EMPTY,
    include: list[str] = EMPTY,
    gitignore: bool = False,
) -> Directory:
    """Load a directory from the module's scratch working directory, with any changes made to it by the function."""
    folder = content.below(context.client.workdir, path)
    return await content.directory(
        folder, context, include=include, exclude=exclude, gitignore=gitignore
    )


@CURRENT_MODULE.field(scope=Scope.CALL)
async def workdir_file(self: CurrentModule, context: Context, *, path: str) -> File:
    """Load a file from the module's scratch working directory, with any changes made to it by the function."""
    return await content.file(content.below(context.client.workdir, path), context)


@CURRENT_MODULE.field(scope=Scope.CLIENT, experimental=True)
async def generators(
    self: CurrentModule, context: Context, *, include: list[str] | None = None
) -> GeneratorGroup:
    """Return the module's generators."""
    return generators_of(self.loaded, include)


@CURRENT_MODULE.field(scope=Scope.CLIENT)
async def generated_context_directory(self: CurrentModule, context: Context) -> Directory:
    """The files that are generated for the module, as they lie in its context directory."""
    return await locating.generated(source_of(self.loaded), context)


@CURRENT_MODULE.field(scope=Scope.CLIENT)
async def dependencies(self: CurrentModule, context: Context) -> list[Module]:
    """The modules that the module depends on."""
    sources = await locating.entries(source_of(self.loaded), "dependencies", context)
    return [served(await one.load(context)) for one in sources]
