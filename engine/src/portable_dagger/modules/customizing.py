"""Toolchains and blueprints: modules that another module's dagger.json installs, and what it changes of them. Pure.

Their default paths are those of the module that installs them (brief, section 7.1, and the reference engine's own
tests of toolchains). Customizations change the defaults of arguments; `ignoreChecks` and its like take marks off.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.api.kinds import TypeDefKind
from portable_dagger.errors import ModuleConfigError
from portable_dagger.modules import marked, names
from portable_dagger.modules.config import FILE_NAME
from portable_dagger.modules.marked import Mark

if TYPE_CHECKING:
    from portable_dagger.modules.config import Customization, Dependency
    from portable_dagger.modules.source import ModuleSource
    from portable_dagger.modules.typedefs import Function, FunctionArg, Module, TypeDef

_TEXTS: Final = frozenset({TypeDefKind.STRING_KIND, TypeDefKind.ENUM_KIND, TypeDefKind.SCALAR_KIND})


@dataclass(frozen=True, slots=True)
class Installed:
    """How a module came to be served: `by` installs it, `entry` is what its dagger.json says under `key`."""

    by: ModuleSource
    entry: Dependency
    key: str

    def customized(self, types: Module, main: str) -> Module:
        """Return a module's types as the installing module wants them; `main` is the main object's own name.

        Raises ModuleConfigError for a function or argument that is not there.
        """
        for change in self.entry.customizations:
            owner, function = self._function(types, main, change)
            types = _replaced(types, owner, function, self._changed(function, change))
        ignored = {
            Mark.CHECK: self.entry.ignore_checks,
            Mark.GENERATE: self.entry.ignore_generators,
            Mark.UP: self.entry.ignore_services,
        }
        for one in marked.find(types, main):
            if any(marked.matches(one.path, pattern) for pattern in ignored[one.mark]):
                owner, function = _walk(types, main, one.fields)
                types = _replaced(types, owner, function, _without(function, one.mark))
        return types

    def _function(
        self, types: Module, main: str, change: Customization
    ) -> tuple[TypeDef, Function]:
        try:
            return _walk(types, main, change.function)
        except LookupError as error:
            raise self._wrong(f"{'.'.join(change.function) or 'constructor'}: {error}") from error

    def _changed(self, function: Function, change: Customization) -> Function:
        wanted = names.camel(change.argument)
        known = {names.camel(argument.name): argument for argument in function.args}
        if wanted not in known:
            there = ", ".join(known) or "none"
            where = ".".join(change.function) or "the constructor"
            raise self._wrong(f"{where} has no argument {change.argument!r}; there are: {there}")
        made = _argument(known[wanted], change)
        args = tuple(made if argument is known[wanted] else argument for argument in function.args)
        return replace(function, args=args)

    def _wrong(self, text: str) -> ModuleConfigError:
        return ModuleConfigError(
            f'{self.by.root / FILE_NAME}: key "customizations" of {self.entry.source}: {text}'
        )


def _walk(types: Module, main: str, path: tuple[str, ...]) -> tuple[TypeDef, Function]:
    """Return the function at the end of a chain from the main object on, and its object; none is the constructor.

    Raises LookupError.
    """
    here = types.object(main)
    if here is None:
        raise LookupError(f"there is no object {main}")
    if not path:
        if here.constructor is None:
            raise LookupError("the constructor takes no arguments")
        return here, here.constructor
    function = None
    for name in path:
        if function is not None:
            returned = types.object(function.return_type.name)
            if returned is None:
                raise LookupError(f"{names.camel(function.name)} returns no object of the module")
            here = returned
        found = {names.camel(f.name): f for f in here.functions}
        if names.camel(name) not in found:
            raise LookupError(f"there is no function {name}; there are: {', '.join(found)}")
        function = found[names.camel(name)]
    assert function is not None
    return here, function


def _without(function: Function, mark: Mark) -> Function:
    match mark:
        case Mark.CHECK:
            return replace(function, check=False)
        case Mark.GENERATE:
            return replace(function, generate=False)
        case Mark.UP:
            return replace(function, up=False)


def _argument(argument: FunctionArg, change: Customization) -> FunctionArg:
    """Return an argument with the defaults that a customization gives; a new default takes the place of all others."""
    if change.default is not None:
        default = _default(argument.type_def, change.default)
        argument = replace(
            argument, default_value=default, default_path="", default_address="", customized=True
        )
    if change.default_path:
        argument = replace(
            argument, default_path=change.default_path, default_value=None, default_address=""
        )
    if change.default_address:
        argument = replace(
            argument, default_address=change.default_address, default_value=None, default_path=""
        )
    return replace(argument, ignore=change.ignore) if change.ignore else argument


def _default(type_: TypeDef, value: Any) -> str:  # noqa: ANN401  JSON
    """Return a default as JSON text; a text stands for other values too, as on the command line."""
    if isinstance(value, str) and type_.kind not in _TEXTS:
        try:
            json.loads(value)
        except ValueError:
            return json.dumps(value)
        return value
    return json.dumps(value)


def _replaced(types: Module, owner: TypeDef, old: Function, new: Function) -> Module:
    if old is owner.constructor:
        changed = replace(owner, constructor=new)
    else:
        functions = tuple(new if function is old else function for function in owner.functions)
        changed = replace(owner, functions=functions)
    return replace(types, objects=tuple(changed if o is owner else o for o in types.objects))
