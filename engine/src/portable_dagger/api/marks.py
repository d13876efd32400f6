"""What checks, generators and services of modules have in common: a marked function, its name, and its call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from portable_dagger.errors import NotFoundError
from portable_dagger.modules import calling, marked, names
from portable_dagger.modules.marked import Mark, Marked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.graph.context import Context
    from portable_dagger.modules.call import AnyValue
    from portable_dagger.modules.loaded import LoadedModule


@dataclass(frozen=True, slots=True)
class Task:
    """A marked function of a module.

    `prefix` stands before its path: a workspace names the module there, a module its toolchain.
    """

    module: LoadedModule
    marked: Marked
    prefix: tuple[str, ...] = ()

    @property
    def path(self) -> tuple[str, ...]:
        """The words of its name."""
        return (*self.prefix, *self.marked.path)

    @property
    def name(self) -> str:
        """Its path, joined by colons."""
        return ":".join(self.path)


def select(
    module: LoadedModule, marks: Sequence[Mark], include: Sequence[str] | None, prefix: str = ""
) -> list[Task]:
    """Return a module's functions with one of the marks whose names fit one of the patterns (None: all)."""
    return [
        replace(task, prefix=(*((prefix,) if prefix else ()), *task.prefix))
        for task in _tasks(module)
        if task.marked.mark in marks
        and (not include or any(_fits(module, task, pattern) for pattern in include))
    ]


def _tasks(module: LoadedModule) -> list[Task]:
    """Return all marked functions, those of toolchains too."""
    found = [Task(module, one) for one in marked.find(module.types, module.main_object)]
    for toolchain in module.toolchains:
        own = (names.kebab(toolchain.root),)
        found += [replace(task, prefix=(*own, *task.prefix)) for task in _tasks(toolchain)]
    return found


def named(module: LoadedModule, marks: Sequence[Mark], name: str, kind: str) -> Task:
    """Return the task of a name; NotFoundError says which there are."""
    found = select(module, marks, None)
    for task in found:
        if name in {task.name, f"{module.name}:{task.name}"}:
            return task
    known = ", ".join(task.name for task in found) or "none"
    raise NotFoundError(f"module {module.name!r} has no {kind} {name!r}", f"there are: {known}")


async def value_of(task: Task, context: Context) -> AnyValue:
    """Call the function and return its value; raises what it raises."""
    return await calling.value(task.module, task.marked.fields, context)


def _fits(module: LoadedModule, task: Task, pattern: str) -> bool:
    """Whether a pattern names a function; the module's own name before it may be left out."""
    return marked.matches(task.path, pattern) or marked.matches((module.name, *task.path), pattern)
