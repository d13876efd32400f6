from __future__ import annotations

from dataclasses import dataclass, field

import anyio
import dagger
from dagger import dag

from ci import step
from ci.step import Server, Step


@dataclass
class Watcher:
    """Looks on, and gives each step a container of its own."""

    seen: list[str] = field(default_factory=list)
    given: dagger.Container = field(default_factory=dag.container)

    async def run(self, watched: Step) -> dagger.Container:
        self.seen.append(watched.name)
        return self.given

    async def start(self, name: str, server: Server) -> None:
        self.seen.append(f"{name} {server.alias}")


def made(name: str) -> Step:
    return Step(name=name, container=dag.container(), command=("true",))


async def test_nothing_runs_by_itself() -> None:
    # There is no engine here: whatever was asked of one would fail.
    assert isinstance(await step.run(made("a")), dagger.Container)


async def test_who_looks_on_runs_the_steps_of_tasks_too_and_no_others() -> None:
    watcher = Watcher()
    with step.watched(watcher):
        assert await step.run(made("a")) is watcher.given
        async with anyio.create_task_group() as group:
            group.start_soon(step.run, made("b"))
        await step.start("c", Server(alias="server", container=dag.container(), args=()))
    await step.run(made("d"))

    assert watcher.seen == ["a", "b", "c server"]
