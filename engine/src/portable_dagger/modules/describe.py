"""A module described for the command line: plain JSON (see session.server)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portable_dagger.api.kinds import TypeDefKind
from portable_dagger.modules import names

if TYPE_CHECKING:
    from portable_dagger.modules.loaded import LoadedModule
    from portable_dagger.modules.typedefs import Function, FunctionArg, TypeDef


def describe(module: LoadedModule) -> dict[str, Any]:
    """Return MODULE: names are the API's, types refer to `objects`, `enums` and `interfaces` or to core types."""
    described = _described(module)
    for toolchain in module.toolchains:
        other = describe(toolchain)
        for key in ("objects", "interfaces", "enums"):
            described[key] |= other[key]
        main = described["objects"][described["main"]]
        main["functions"].append(_function(toolchain, toolchain.entry))
    return described


def _described(module: LoadedModule) -> dict[str, Any]:
    types = module.types
    return {
        "name": module.name,
        "description": types.description,
        "main": module.api_name(module.main_object),
        "root": module.root,
        "objects": {module.api_name(o.name): _object(module, o) for o in types.objects},
        "interfaces": {module.api_name(i.name): _object(module, i) for i in types.interfaces},
        "enums": {
            module.api_name(e.name): {
                "description": e.description,
                "members": [
                    {"name": names.member(m.name), "description": m.description} for m in e.members
                ],
            }
            for e in types.enums
        },
    }


def _object(module: LoadedModule, definition: TypeDef) -> dict[str, Any]:
    constructor = definition.constructor
    return {
        "name": module.api_name(definition.name),
        "description": definition.description,
        "constructor": _function(module, constructor) if constructor else None,
        "functions": [_function(module, function) for function in definition.functions],
        "fields": [
            {
                "name": names.camel(field.name),
                "description": field.description,
                "type": _type(module, field.type_def),
            }
            for field in definition.fields
        ],
    }


def _function(module: LoadedModule, function: Function) -> dict[str, Any]:
    return {
        "name": names.camel(function.name),
        "description": function.description,
        "args": [_argument(module, argument) for argument in function.args],
        "returns": _type(module, function.return_type),
        "check": function.check,
        "generate": function.generate,
        "up": function.up,
        "deprecated": function.deprecated,
    }


def _argument(module: LoadedModule, argument: FunctionArg) -> dict[str, Any]:
    return {
        "name": names.camel(argument.name),
        "description": argument.description,
        "type": {**_type(module, argument.type_def), "optional": not argument.required},
        "default": argument.default_value,
        "defaultPath": argument.default_path,
        "ignore": list(argument.ignore),
    }


def _type(module: LoadedModule, type_: TypeDef) -> dict[str, Any]:
    void = type_.kind is TypeDefKind.VOID_KIND
    return {
        "kind": type_.kind.name,
        "name": module.api_names.get(type_.name, type_.name) or None,
        "optional": type_.optional or void,
        "element": _type(module, type_.element) if type_.element else None,
    }
