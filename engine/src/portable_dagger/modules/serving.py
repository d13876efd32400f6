"""A module's types as types of the API: what a client of the module is served (the brief, section 2.4)."""

from __future__ import annotations

import enum
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from portable_dagger.api.kinds import FunctionCachePolicy, TypeDefKind
from portable_dagger.api.registry import (
    REQUIRED,
    Argument,
    Field,
    ObjectType,
    Resolve,
    Scope,
    Types,
)
from portable_dagger.api.types import TypeRef
from portable_dagger.errors import ModuleLoadError
from portable_dagger.graph.recipe import Recipe
from portable_dagger.modules import invoke, names
from portable_dagger.modules.objects import ModuleObject, from_module

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.modules.call import AnyValue, JsonData
    from portable_dagger.modules.loaded import LoadedModule
    from portable_dagger.modules.typedefs import FieldTypeDef, Function, FunctionArg, TypeDef
    from portable_dagger.session.client import Client

_SCALARS = {
    TypeDefKind.STRING_KIND: "String",
    TypeDefKind.INTEGER_KIND: "Int",
    TypeDefKind.FLOAT_KIND: "Float",
    TypeDefKind.BOOLEAN_KIND: "Boolean",
}
_RESERVED = frozenset({"id", "sync"})


class Serving:
    """Makes the API's types of one module; `core` are the types that it may name beside its own."""

    def __init__(self, module: LoadedModule, core: Types) -> None:
        self._module = module
        self._core = core

    def types(self) -> Types:
        """Return the module's types, and the root field that leads to its main object."""
        module = self._module
        objects = {}
        for definition in module.types.objects:
            made = self._object(definition)
            objects[made.name] = made
        main = module.types.object(module.main_object)
        if main is None:
            raise ModuleLoadError(
                f"module {module.name!r} registered no main object {module.main_object}"
            )
        for definition in module.types.interfaces:
            shape = self._interface(definition)
            objects[shape.name] = shape
        enums = {module.api_name(e.name): module.enums[e.name] for e in module.types.enums}
        for toolchain in module.toolchains:
            self._install(toolchain, objects[module.api_name(main.name)])
            others = toolchain.api_types
            objects |= {name: type_ for name, type_ in others.objects.items() if name != "Query"}
            enums |= others.enums
        objects["Query"] = ObjectType("Query", fields={module.root: self._constructor(main)})
        return Types(objects, {}, enums)

    def _install(self, toolchain: LoadedModule, main: ObjectType) -> None:
        """Add the field that leads to a toolchain; it takes what the toolchain's constructor takes."""
        own = toolchain.api_types.objects["Query"].fields[toolchain.root]
        if toolchain.root in main.fields:
            raise ModuleLoadError(
                f"module {self._module.name!r} has two of the name {toolchain.root}, one is a toolchain",
                'give the toolchain another "name" in dagger.json',
            )

        async def resolve(_: object, context: Context, /, **given: AnyValue) -> AnyValue:
            return await own.resolve(None, context, **given)

        main.fields[toolchain.root] = replace(own, resolve=resolve)

    def _object(self, definition: TypeDef) -> ObjectType:
        made = ObjectType(self._module.api_name(definition.name), definition.description)
        for field in definition.fields:
            made.fields[names.camel(field.name)] = self._stored(field, definition)
        for function in definition.functions:
            made.fields[names.camel(function.name)] = self._function(function, definition)
        for reserved in _RESERVED & made.fields.keys():
            raise ModuleLoadError(
                f"object {definition.name} of module {self._module.name!r}: {reserved!r} is no name for "
                "a field or function",
                "the API uses it itself; choose another name",
            )
        return made

    def _interface(self, definition: TypeDef) -> ObjectType:
        """Make an interface: a type whose fields are those of whatever object stands behind it."""
        made = ObjectType(
            self._module.api_name(definition.name), definition.description, structural=True
        )
        for function in definition.functions:
            name = names.camel(function.name)
            made.fields[name] = Field(
                name,
                self._type(function.return_type, function.name),
                self._arguments(function),
                _behind(name),
                function.description,
            )
        return made

    def _constructor(self, main: TypeDef) -> Field:
        function = main.constructor
        module = self._module

        async def empty(_: object, __: Context, /) -> ModuleObject:
            return ModuleObject(module.api_name(main.name), module, main.name, {})

        def marked(client: Client, given: dict[str, Any]) -> dict[str, Any]:
            # other source is another module: the mark makes its recipes others too
            return {**by_identifier(client, given), "$source": module.digest}

        type_ = TypeRef("object", module.api_name(main.name))
        if function is None:
            return Field(module.root, type_, (), empty, module.types.description, prepare=marked)
        return Field(
            module.root,
            type_,
            self._arguments(function),
            self._resolve(function, main),
            module.types.description or main.description,
            scope=_scope(function),
            prepare=marked,
        )

    def _function(self, function: Function, of: TypeDef) -> Field:
        return Field(
            names.camel(function.name),
            self._type(function.return_type, function.name),
            self._arguments(function),
            self._resolve(function, of),
            function.description,
            scope=_scope(function),
            deprecated=function.deprecated,
            prepare=by_identifier,
        )

    def _resolve(self, function: Function, of: TypeDef) -> AnyValue:
        module = self._module

        async def resolve(parent: object, context: Context, /, **given: AnyValue) -> AnyValue:
            state = parent.state if isinstance(parent, ModuleObject) else None
            target = invoke.Target(module, function, of.name, state)
            return await invoke.call(target, given, context)

        return resolve

    def _stored(self, field: FieldTypeDef, of: TypeDef) -> Field:
        module = self._module

        async def resolve(parent: ModuleObject, context: Context, /) -> AnyValue:
            value = parent.state.get(field.name)
            where = f"{module.name}: {of.name}.{field.name}"
            return await from_module(value, field.type_def, module, context, where)

        type_ = self._type(field.type_def, f"{of.name}.{field.name}")
        name = names.camel(field.name)
        return Field(name, type_, (), resolve, field.description, deprecated=field.deprecated)

    def _arguments(self, function: Function) -> tuple[Argument, ...]:
        return tuple(self._argument(argument, function.name) for argument in function.args)

    def _argument(self, argument: FunctionArg, where: str) -> Argument:
        type_ = self._type(argument.type_def, f"{where}({argument.name})")
        default: Any = REQUIRED if argument.required else None
        if argument.default_value is not None:
            default = json.loads(argument.default_value)
            if argument.type_def.kind is TypeDefKind.ENUM_KIND and default is not None:
                default = names.member(default)
        return Argument(
            names.camel(argument.name),
            argument.name,
            type_,
            default,
            argument.description,
            argument.deprecated,
        )

    def _type(self, type_: TypeDef, where: str) -> TypeRef:
        optional = type_.optional
        if type_.kind is TypeDefKind.LIST_KIND and type_.element is not None:
            return TypeRef("list", "", optional, self._type(type_.element, where))
        if type_.kind is TypeDefKind.VOID_KIND:
            return TypeRef("scalar", "Void", optional=True)
        if type_.kind in _SCALARS:
            return TypeRef("scalar", _SCALARS[type_.kind], optional)
        if type_.kind is TypeDefKind.SCALAR_KIND:
            return TypeRef("scalar", type_.name, optional)
        own = self._module.api_names.get(type_.name)
        kind = "enum" if type_.kind is TypeDefKind.ENUM_KIND else "object"
        known = self._core.enums if kind == "enum" else self._core.objects
        if own is None and type_.name not in known:
            raise ModuleLoadError(
                f"module {self._module.name!r}: {where}: type {type_.name} is neither its own nor one of the API",
                "decorate its class with @object_type (@enum_type), or use a type of the API",
            )
        return TypeRef(kind, own or type_.name, optional)


def _behind(name: str) -> Resolve:
    """Return the function of an interface's field: it asks the object that was given for the interface."""

    async def resolve(parent: ModuleObject, context: Context, /, **given: AnyValue) -> AnyValue:
        field = context.engine.all_types.objects[parent.api_type].fields[name]
        own = {argument.name: argument.keyword for argument in field.arguments}
        return await field.resolve(
            parent, context, **{own[names.camel(key)]: value for key, value in given.items()}
        )

    return resolve


def by_identifier(client: Client, given: dict[str, Any]) -> dict[str, Any]:
    """Replace objects among arguments by their IDs: module code takes those, and evaluates what it uses."""
    evaluator = client.session.engine.evaluator

    def replaced(value: JsonData) -> JsonData:
        if isinstance(value, Recipe):
            return evaluator.intern(value).id
        return [replaced(item) for item in value] if isinstance(value, list) else value

    return {name: replaced(value) for name, value in given.items()}


def enum_class(definition: TypeDef) -> type[enum.Enum]:
    """Make the class of a module's enum: the API's member names, the module's own as values."""
    members = [(names.member(m.name), m.name) for m in definition.members]
    make: Any = enum.Enum  # mypy wants literals
    made: type[enum.Enum] = make(definition.name, members)
    made.__doc__ = definition.description
    return made


def _scope(function: Function) -> Scope:
    if function.cache_policy is FunctionCachePolicy.Never:
        return Scope.CALL
    if function.cache_policy is FunctionCachePolicy.PerSession or function.time_to_live:
        return Scope.SESSION
    if any(argument.default_path or argument.is_workspace for argument in function.args):
        # Files of the host that its recipe does not name; the key of its result does (modules.invoke).
        return Scope.SESSION
    return Scope.NOTHING
