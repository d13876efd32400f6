"""The Generator and GeneratorGroup types: functions that answer changes of the source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from portable_dagger.api import changeset
from portable_dagger.api.attributes import attributes
from portable_dagger.api.changeset import ChangesetsMergeConflict
from portable_dagger.api.marks import Task, named, select, value_of
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.errors import ModuleError
from portable_dagger.graph.context import Context
from portable_dagger.graph.evaluation import gather
from portable_dagger.graph.records import Changeset
from portable_dagger.graph.values import Directory, Value
from portable_dagger.modules.marked import Mark
from portable_dagger.modules.served import served
from portable_dagger.modules.typedefs import Module

if TYPE_CHECKING:
    from portable_dagger.modules.loaded import LoadedModule

GENERATOR = ObjectType("Generator", "A function of a module that generates files.")
GENERATOR_GROUP = ObjectType("GeneratorGroup", "Generators of a module.")


@dataclass(frozen=True, slots=True)
class Generator(Value):
    """A generator; `result` is what it changes, once it was run."""

    api_type: ClassVar[str] = "Generator"
    task: Task
    result: Changeset | None = None

    @property
    def completed(self) -> bool:
        """Whether it was run."""
        return self.result is not None


@dataclass(frozen=True, slots=True)
class GeneratorGroup(Value):
    """Generators, by name."""

    api_type: ClassVar[str] = "GeneratorGroup"
    generators: tuple[Generator, ...]


def generators_of(
    module: LoadedModule, include: list[str] | None, prefix: str = ""
) -> GeneratorGroup:
    """Return a module's generators."""
    found = select(module, [Mark.GENERATE], include, prefix)
    return GeneratorGroup(tuple(Generator(task) for task in found))


def generator_of(module: LoadedModule, name: str) -> Generator:
    """Return the generator of a name; NotFoundError lists those that there are."""
    return Generator(named(module, [Mark.GENERATE], name, "generator"))


async def _result(generator: Generator, context: Context) -> Changeset:
    if generator.result is not None:
        return generator.result
    made = await value_of(generator.task, context)
    if not isinstance(made, Changeset):
        raise ModuleError(
            f"generator {generator.task.name} answered no Changeset",
            "a function with @generate must return dagger.Changeset",
        )
    return made


attributes(
    GENERATOR,
    name=(str, "The name of the generator: its path, joined by colons.", "task.name"),
    path=(list[str], "The path of the generator within its module.", "task.path"),
    description=(str, "What the generator is about.", "task.marked.description"),
    completed=(bool, "Whether the generator was run."),
    originalModule=(
        Module,
        "The module that defines the generator.",
        lambda generator: served(generator.task.module),
    ),
)
attributes(GENERATOR_GROUP, list=(list[Generator], "The generators.", "generators"))


@GENERATOR.field(scope=Scope.SESSION)
async def run(self: Generator, context: Context) -> Generator:
    """Run the generator; `changes` has what it would change."""
    return replace(self, result=await _result(self, context))


@GENERATOR.field(scope=Scope.SESSION)
async def changes(self: Generator, context: Context) -> Changeset:
    """Return what the generator changes."""
    return await _result(self, context)


@GENERATOR.field()
async def is_empty(self: Generator, context: Context) -> bool:
    """Whether the generator changes nothing."""
    found: bool = await changeset.is_empty(await _result(self, context), context)
    return found


@GENERATOR_GROUP.field(name="run", scope=Scope.SESSION)
async def run_all(self: GeneratorGroup, context: Context) -> GeneratorGroup:
    """Run the generators side by side."""
    results = await gather([_result(generator, context) for generator in self.generators])
    pairs = zip(self.generators, results, strict=True)
    return GeneratorGroup(tuple(replace(one, result=result) for one, result in pairs))


@GENERATOR_GROUP.field(name="changes", scope=Scope.SESSION)
async def all_changes(
    self: GeneratorGroup,
    context: Context,
    *,
    on_conflict: ChangesetsMergeConflict = ChangesetsMergeConflict.FAIL_EARLY,
) -> Changeset:
    """Return the changes of all generators as one."""
    results = await gather([_result(generator, context) for generator in self.generators])
    if not results:
        return Changeset(Directory(), Directory())
    first, *others = results
    merged: Changeset = await changeset.with_changesets(
        first, context, changes=others, on_conflict=on_conflict
    )
    return merged


@GENERATOR_GROUP.field(name="isEmpty")
async def all_empty(self: GeneratorGroup, context: Context) -> bool:
    """Whether no generator changes anything."""
    results = await gather([_result(generator, context) for generator in self.generators])
    return all(await gather([changeset.is_empty(result, context) for result in results]))
