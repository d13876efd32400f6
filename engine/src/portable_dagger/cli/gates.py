"""Checks, generators and services of a module: functions marked so. Pure.

They are found through every function that needs no argument.
"""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, NamedTuple

from portable_dagger.cli.chain import Call, values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portable_dagger.cli.chain import Default, Types
    from portable_dagger.cli.typedefs import Function, Module, Type


class Gate(NamedTuple):
    """One check, generator or service; `name` is its path, such as `checks:docs:not-empty`."""

    name: str
    calls: tuple[Call, ...]

    @property
    def function(self) -> Function:
        """The marked function."""
        return self.calls[-1].function

    @property
    def returns(self) -> Type:
        """What it returns."""
        return self.function.returns


def find(module: Module) -> list[Gate]:
    """Return all checks and generators that need no argument, by name."""
    return [gate for gate in _all(module) if not gate.function.up]


def services(module: Module) -> list[Gate]:
    """Return all services that need no argument, by name."""
    return [gate for gate in _all(module) if gate.function.up]


def _all(module: Module) -> list[Gate]:
    constructor = module.constructor
    if any(argument.required for argument in constructor.args):
        return []
    return sorted(_below(module, module.name, (Call(constructor, {}),), (module.main,)))


def select(gates: list[Gate], patterns: list[str]) -> list[Gate]:
    """Return the gates that one of the patterns names: a path, the start of one, or wildcards for its parts."""
    if not patterns:
        return gates
    return [gate for gate in gates if any(matches(gate.name, pattern) for pattern in patterns)]


def filled(found: list[Gate], types: Types, default: Default) -> list[Gate]:
    """Return gates with what the user's settings hold for their arguments."""
    return [
        gate._replace(
            calls=tuple(
                Call(
                    call.function,
                    values(call.function, {}, types, default, is_constructor=number == 0),
                )
                for number, call in enumerate(gate.calls)
            )
        )
        for gate in found
    ]


def matches(name: str, pattern: str) -> bool:
    """Whether a pattern names a gate; the module's own name before it may be left out."""
    parts = name.split(":")
    wanted = pattern.strip(":").split(":")
    return _matches(parts, wanted) or _matches(parts[1:], wanted)


def _matches(parts: list[str], wanted: list[str]) -> bool:
    if not wanted:
        return True
    if wanted[0] == "**":
        return any(_matches(parts[at:], wanted[1:]) for at in range(len(parts) + 1))
    return (
        bool(parts) and fnmatch.fnmatchcase(parts[0], wanted[0]) and _matches(parts[1:], wanted[1:])
    )


def _below(
    module: Module, path: str, calls: tuple[Call, ...], types: tuple[str, ...]
) -> Iterator[Gate]:
    """Yield the gates of the last one of `types`, and of what its functions return."""
    for function in module.objects[types[-1]].functions:
        if any(argument.required for argument in function.args):
            continue
        here = (*calls, Call(function, {}))
        name = f"{path}:{function.command}"
        if function.check or function.generate or function.up:
            yield Gate(name, here)
            continue
        made = function.returns
        # A type within itself would never end.
        if made.element is None and made.name in module.objects and made.name not in types:
            yield from _below(module, name, here, (*types, made.name))
