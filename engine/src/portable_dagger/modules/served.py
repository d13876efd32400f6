"""A loaded module as a value of the API: its types by the API's names, and the code behind them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from portable_dagger.errors import QueryError
from portable_dagger.modules import names
from portable_dagger.modules.typedefs import Module

if TYPE_CHECKING:
    from portable_dagger.modules.loaded import LoadedModule
    from portable_dagger.modules.typedefs import Function, TypeDef


@dataclass(frozen=True, slots=True)
class ServedModule(Module):
    """A module that was loaded; one that a function only describes is a plain Module."""

    loaded: LoadedModule | None = None


def served(loaded: LoadedModule) -> ServedModule:
    """Return a loaded module with its types as its clients see them."""
    types = loaded.types
    others = [served(toolchain) for toolchain in loaded.toolchains]
    entries = tuple(_function(toolchain.entry, toolchain) for toolchain in loaded.toolchains)
    objects = [_definition(t, loaded) for t in types.objects]
    main = loaded.api_name(loaded.main_object)
    return ServedModule(
        loaded.name,
        types.description,
        (
            *(
                replace(o, functions=(*o.functions, *entries)) if o.name == main else o
                for o in objects
            ),
            *(o for other in others for o in other.objects),
        ),
        (
            *(_definition(t, loaded) for t in types.interfaces),
            *(i for o in others for i in o.interfaces),
        ),
        (*(_definition(t, loaded) for t in types.enums), *(e for o in others for e in o.enums)),
        loaded,
    )


def code_of(module: Module) -> LoadedModule:
    """Return what was loaded for a module; QueryError for one that is only described."""
    if isinstance(module, ServedModule) and module.loaded is not None:
        return module.loaded
    raise QueryError(
        f"module {module.name!r} has no code",
        "load one with moduleSource(…).asModule or Directory.asModule",
    )


def _definition(type_: TypeDef, module: LoadedModule) -> TypeDef:
    return replace(
        _use(type_, module),
        fields=tuple(
            replace(f, name=names.camel(f.name), type_def=_use(f.type_def, module))
            for f in type_.fields
        ),
        functions=tuple(_function(f, module) for f in type_.functions),
        constructor=_function(type_.constructor, module) if type_.constructor else None,
        members=tuple(replace(m, name=names.member(m.name)) for m in type_.members),
        module=module.name,
    )


def _function(function: Function, module: LoadedModule) -> Function:
    return replace(
        function,
        name=names.camel(function.name),
        return_type=_use(function.return_type, module),
        args=tuple(
            replace(a, name=names.camel(a.name), type_def=_use(a.type_def, module))
            for a in function.args
        ),
    )


def _use(type_: TypeDef, module: LoadedModule) -> TypeDef:
    return replace(
        type_,
        name=module.api_names.get(type_.name, type_.name),
        element=_use(type_.element, module) if type_.element else None,
    )
