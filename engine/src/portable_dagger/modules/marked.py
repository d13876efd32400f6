"""Checks, generators and services of a module: functions marked so, found through every function without arguments.

Plan only; modules.calling runs them.
"""

from __future__ import annotations

import enum
import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portable_dagger.api.kinds import TypeDefKind
from portable_dagger.modules import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from portable_dagger.modules.typedefs import Function, Module, TypeDef


class Mark(enum.Enum):
    """What a decorator says of a function."""

    CHECK = "check"
    GENERATE = "generate"
    UP = "up"


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked function: `fields` are the API's fields that lead to it from the module's main object."""

    mark: Mark
    fields: tuple[str, ...]
    description: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        """The words of its name."""
        return tuple(names.kebab(field) for field in self.fields)


def find(module: Module, main: str) -> list[Marked]:
    """Return what is marked below the main object `main` (the module's own name of it), sorted by name."""
    top = module.object(main)
    if top is None or (top.constructor and _needs_arguments(top.constructor)):
        return []
    return sorted(_below(module, top, (), (main,)), key=lambda marked: marked.path)


def matches(path: Sequence[str], pattern: str) -> bool:
    """Whether a pattern names a path: its words, the first ones of them, or wildcards, joined by `:`."""
    return _matches(list(path), pattern.strip(":").split(":"))


def _matches(parts: list[str], wanted: list[str]) -> bool:
    if not wanted:
        return True
    if wanted[0] == "**":
        return any(_matches(parts[at:], wanted[1:]) for at in range(len(parts) + 1))
    return (
        bool(parts) and fnmatch.fnmatchcase(parts[0], wanted[0]) and _matches(parts[1:], wanted[1:])
    )


def _below(
    module: Module, of: TypeDef, fields: tuple[str, ...], types: tuple[str, ...]
) -> Iterator[Marked]:
    steps: list[tuple[str, TypeDef, Function | None]]
    steps = [(f.name, f.type_def, None) for f in of.fields]
    steps += [(f.name, f.return_type, f) for f in of.functions if not _needs_arguments(f)]
    for name, returns, function in steps:
        here = (*fields, names.camel(name))
        mark = _mark(function) if function else None
        if function and mark:
            yield Marked(mark, here, function.description)
            continue
        made = module.object(returns.name) if returns.kind is TypeDefKind.OBJECT_KIND else None
        # A type within itself would never end.
        if made is not None and returns.name not in types:
            yield from _below(module, made, here, (*types, returns.name))


def _mark(function: Function) -> Mark | None:
    for mark, is_set in (
        (Mark.GENERATE, function.generate),
        (Mark.CHECK, function.check),
        (Mark.UP, function.up),
    ):
        if is_set:
            return mark
    return None


def _needs_arguments(function: Function) -> bool:
    return any(argument.required for argument in function.args)
