"""The Module type."""

from __future__ import annotations

import dataclasses

from portable_dagger.api.attributes import attributes
from portable_dagger.api.check import Check, CheckGroup, check_of, checks_of
from portable_dagger.api.generator import Generator, GeneratorGroup, generator_of, generators_of
from portable_dagger.api.introspection import schema_file
from portable_dagger.api.module_source import SDKConfig
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.api.types import Identifier
from portable_dagger.api.up import UpGroup, services_of
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import EnvFile
from portable_dagger.graph.values import Container, Directory, File
from portable_dagger.modules import locating
from portable_dagger.modules.locating import source_of
from portable_dagger.modules.place import ModuleSource
from portable_dagger.modules.served import ServedModule, code_of, served
from portable_dagger.modules.typedefs import Module, TypeDef

MODULE = ObjectType("Module", "A Dagger module.", interfaces=("Node", "Syncer"))


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
    """Serve the module's types to the caller; a module that is only described has none."""
    if isinstance(self, ServedModule):
        context.client.serve(code_of(self).api_types)


attributes(
    MODULE,
    name=(str, "The name of the module."),
    description=(str, "The doc string of the module, if any."),
    objects=(list[TypeDef], "Objects served by this module."),
    interfaces=(list[TypeDef], "Interfaces served by this module."),
    enums=(list[TypeDef], "Enumerations served by this module."),
)


@MODULE.field(experimental=True)
async def check(self: Module, context: Context, *, name: str) -> Check:
    """Return the check of a name."""
    return check_of(code_of(self), name)


@MODULE.field(experimental=True)
async def checks(
    self: Module,
    context: Context,
    *,
    include: list[str] | None = None,
    no_generate: bool | None = None,
) -> CheckGroup:
    """Return the module's checks, and its generators seen as such."""
    return checks_of(code_of(self), include, generators=not no_generate)


@MODULE.field(experimental=True)
async def generator(self: Module, context: Context, *, name: str) -> Generator:
    """Return the generator of a name."""
    return generator_of(code_of(self), name)


@MODULE.field(experimental=True)
async def generators(
    self: Module, context: Context, *, include: list[str] | None = None
) -> GeneratorGroup:
    """Return the module's generators."""
    return generators_of(code_of(self), include)


@MODULE.field(experimental=True)
async def services(self: Module, context: Context, *, include: list[str] | None = None) -> UpGroup:
    """Return the module's service functions."""
    return services_of(code_of(self), include)


@MODULE.field()
async def source(self: Module, context: Context) -> ModuleSource | None:
    """The source of the module; null for one that is only described."""
    return source_of(code_of(self)) if isinstance(self, ServedModule) else None


@MODULE.field()
async def sdk(self: Module, context: Context) -> SDKConfig | None:
    """The SDK that the module uses."""
    return SDKConfig(code_of(self).source.config.sdk) if isinstance(self, ServedModule) else None


@MODULE.field()
async def runtime(self: Module, context: Context) -> Container | None:
    """The container that runs the module's code: null, since this engine runs it without one."""
    return None


@MODULE.field()
async def dependencies(self: Module, context: Context) -> list[Module]:
    """The modules that the module depends on."""
    if not isinstance(self, ServedModule):
        return []
    sources = await locating.entries(source_of(code_of(self)), "dependencies", context)
    return [served(await one.load(context)) for one in sources]


@MODULE.field()
async def generated_context_directory(self: Module, context: Context) -> Directory:
    """The files that are generated for the module, as they lie in its context directory."""
    return await locating.generated(source_of(code_of(self)), context)


@MODULE.field(name="introspectionSchemaJSON")
async def introspection_schema_json(self: Module, context: Context) -> File:
    """The introspection of the API that the module's code is served, as a JSON file."""
    return await schema_file(code_of(self), context)


@MODULE.field(scope=Scope.CALL)
async def user_defaults(self: Module, context: Context) -> EnvFile:
    """The variables of the .env file in the caller's working directory."""
    return await locating.user_defaults(context)
