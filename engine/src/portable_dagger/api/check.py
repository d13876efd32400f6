"""The Check and CheckGroup types: a module's checks, and its generators seen as such."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from portable_dagger.api.attributes import attributes
from portable_dagger.api.changeset import is_empty
from portable_dagger.api.marks import Task, named, select, value_of
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.errors import EngineError
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import Changeset
from portable_dagger.graph.values import File, Value
from portable_dagger.modules.call import Error
from portable_dagger.modules.marked import Mark
from portable_dagger.modules.served import served
from portable_dagger.modules.typedefs import Module
from portable_dagger.store.edit import write_file
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from portable_dagger.modules.loaded import LoadedModule

REPORT = "/checks.md"

CHECK = ObjectType("Check", "A check of a module: it passes unless it fails when it is run.")
CHECK_GROUP = ObjectType("CheckGroup", "Checks of a module.")


@dataclass(frozen=True, slots=True)
class Check(Value):
    """A check; `error` says why it failed once it is completed."""

    api_type: ClassVar[str] = "Check"
    task: Task
    completed: bool = False
    error: Error | None = None

    @property
    def passed(self) -> bool:
        """Whether it was run and did not fail."""
        return self.completed and self.error is None

    @property
    def emoji(self) -> str:
        """How it went, as one letter."""
        if not self.completed:
            return "⏳"
        return "✅" if self.passed else "❌"


@dataclass(frozen=True, slots=True)
class CheckGroup(Value):
    """Checks, by name."""

    api_type: ClassVar[str] = "CheckGroup"
    checks: tuple[Check, ...]


def checks_of(
    module: LoadedModule,
    include: list[str] | None,
    *,
    generators: bool = True,
    checks: bool = True,
    prefix: str = "",
) -> CheckGroup:
    """Return a module's checks; a generator is one too, which fails if it would change something."""
    marks = ([Mark.CHECK] if checks else []) + ([Mark.GENERATE] if generators else [])
    return CheckGroup(tuple(Check(task) for task in select(module, marks, include, prefix)))


def check_of(module: LoadedModule, name: str) -> Check:
    """Return the check of a name; NotFoundError lists those that there are."""
    return Check(named(module, [Mark.CHECK, Mark.GENERATE], name, "check"))


async def completed(check: Check, context: Context) -> Check:
    """Return the check with its outcome."""
    try:
        result = await value_of(check.task, context)
        if isinstance(result, Changeset) and not await is_empty(result, context):
            return replace(check, completed=True, error=Error("produced changes"))
    except EngineError as error:
        return replace(check, completed=True, error=Error(str(error)))
    return replace(check, completed=True, error=None)


attributes(
    CHECK,
    name=(str, "The name of the check: its path, joined by colons.", "task.name"),
    path=(list[str], "The path of the check within its module.", "task.path"),
    description=(str, "What the check is about.", "task.marked.description"),
    checkType=(
        str,
        "What kind of function it is: check, or generate.",
        lambda check: check.task.marked.mark.value,
    ),
    completed=(bool, "Whether the check was run."),
    passed=(bool, "Whether the check was run and passed."),
    error=(Error | None, "Why the check failed, if it did."),
    resultEmoji=(str, "An emoji for the check's outcome.", "emoji"),
    originalModule=(
        Module,
        "The module that defines the check.",
        lambda check: served(check.task.module),
    ),
)
attributes(CHECK_GROUP, list=(list[Check], "The checks.", "checks"))


@CHECK.field(scope=Scope.SESSION)
async def run(self: Check, context: Context) -> Check:
    """Run the check; its outcome is in what this answers."""
    return await completed(self, context)


@CHECK_GROUP.field(name="run", scope=Scope.SESSION)
async def run_all(
    self: CheckGroup, context: Context, *, fail_fast: bool | None = None
) -> CheckGroup:
    """Run the checks side by side; with failFast those under way are given up at the first failure."""
    tasks = [asyncio.ensure_future(completed(check, context)) for check in self.checks]
    try:
        for task in asyncio.as_completed(tasks):
            if not (await task).passed and fail_fast:
                break
    finally:
        for left in tasks:
            left.cancel()
        if tasks:
            await asyncio.wait(tasks)
    pairs = zip(self.checks, tasks, strict=True)
    return CheckGroup(tuple(c if t.cancelled() else t.result() for c, t in pairs))


@CHECK_GROUP.field()
async def report(self: CheckGroup, context: Context) -> File:
    """Return a Markdown table of the checks and how they went."""
    rows = ["| Check | Description | Result |", "| --- | --- | --- |"]
    for check in self.checks:
        about = " ".join(check.task.marked.description.split())
        rows.append(f"| {check.task.name} | {about} | {check.emoji} |")
    text = "\n".join(rows) + "\n"
    root = await asyncio.to_thread(write_file, context.store, Snapshot(), REPORT, text.encode())
    return File(root, REPORT)
