"""The Module and CurrentModule types."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

from portable_dagger.api.attributes import attributes
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.api.types import EMPTY, Identifier
from portable_dagger.errors import QueryError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Directory, File, Value
from portable_dagger.modules import content
from portable_dagger.modules.typedefs import Module, TypeDef

MODULE = ObjectType("Module", "A Dagger module.", interfaces=("Node", "Syncer"))
CURRENT_MODULE = ObjectType(
    "CurrentModule", "Reflective module API provided to functions at runtime."
)


@dataclass(frozen=True, slots=True)
class CurrentModule(Value):
    """The module whose code asks."""

    api_type: ClassVar[str] = "CurrentModule"
    name: str


@QUERY.field()
async def module(self: object, context: Context) -> Module:
    """Create a new module."""
    return Module()


@MODULE.field()
async def with_description(self: Module, context: Context, *, description: str) -> Module:
    """Retrieves the module with the given description."""
    return dataclasses.replace(self, description=description)


@MODULE.field(name="withObject")
async def with_object(self: Module, context: Context, *, object: TypeDef) -> Module:
    """Return this module plus the given Object type and associated functions."""
    return dataclasses.replace(self, objects=(*self.objects, object))


@MODULE.field()
async def with_interface(self: Module, context: Context, *, iface: TypeDef) -> Module:
    """Return this module plus the given Interface type and associated functions."""
    return dataclasses.replace(self, interfaces=(*self.interfaces, iface))


@MODULE.field()
async def with_enum(self: Module, context: Context, *, enum: TypeDef) -> Module:
    """Return this module plus the given Enum type and associated values."""
    return dataclasses.replace(self, enums=(*self.enums, enum))


@MODULE.field()
async def sync(self: Module, context: Context) -> Identifier:
    """Forces evaluation of the module; answers its ID."""
    raise AssertionError  # answered by the executor


@MODULE.field()
async def serve(
    self: Module,
    context: Context,
    *,
    include_dependencies: bool | None = None,
    entrypoint: bool | None = None,
) -> None:
    """Serve the module's types in the session; an empty module has none, a loaded one is served already."""


attributes(
    MODULE,
    name=(str, "The name of the module."),
    description=(str, "The doc string of the module, if any."),
    objects=(list[TypeDef], "Objects served by this module."),
    interfaces=(list[TypeDef], "Interfaces served by this module."),
    enums=(list[TypeDef], "Enumerations served by this module."),
)


@QUERY.field(scope=Scope.CLIENT)
async def current_module(self: object, context: Context) -> CurrentModule:
    """The module currently being served in the session, if any."""
    if context.client.module is None:
        raise QueryError("there is no current module", "only code of a module's functions has one")
    return CurrentModule(context.client.module.name)


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
