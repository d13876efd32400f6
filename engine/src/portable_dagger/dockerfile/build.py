"""Builds a stage by folding its instructions over a container; each RUN is a step like any other command."""

from __future__ import annotations

import asyncio
import dataclasses
import posixpath
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from portable_dagger.api.container.image import from_
from portable_dagger.dockerfile import command, transfer
from portable_dagger.dockerfile.configure import CONFIGURE
from portable_dagger.dockerfile.expansion import Expander
from portable_dagger.dockerfile.parser import Instruction, parse
from portable_dagger.dockerfile.stages import SCRATCH, Plan, Stage, argument_values
from portable_dagger.errors import EngineError, ExecError
from portable_dagger.graph.evaluation import gather
from portable_dagger.graph.sharing import Sharing
from portable_dagger.graph.values import Container, Directory, DirectoryMount, File, Secret, Socket
from portable_dagger.images.config import merge
from portable_dagger.ops.command import Command
from portable_dagger.ops.exec import run
from portable_dagger.ops.paths import owner_of
from portable_dagger.store import edit
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.ops.paths import Owner

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PROXIES = frozenset(
    name
    for word in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    for name in (word, word.lower())
)
"""Build arguments that commands see without an ARG (the Dockerfile reference, "Predefined ARGs")."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a build is given beside its Dockerfile."""

    source: Directory
    platform: str
    arguments: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, Secret] = field(default_factory=dict)
    socket: Socket | None = None
    init: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """A stage in the making: its container, the arguments that it has declared, whether CMD is its own."""

    container: Container
    arguments: dict[str, str] = field(default_factory=dict)
    own_cmd: bool = False

    def variables(self) -> dict[str, str]:
        """Return what variables mean: the environment, and arguments that it does not hide."""
        return {**self.arguments, **dict(self.container.config.env)}


class Build:
    """One build: stages are made when they are needed, each once, those that do not need each other side by side."""

    def __init__(self, plan: Plan, inputs: Inputs, context: Context) -> None:
        self._plan = plan
        self._inputs = inputs
        self._context = context
        self._store = context.store
        self._sharing = Sharing()
        self._built: dict[int, State] = {}

    async def stage(self, stage: Stage) -> State:
        """Return a stage as it is after its last instruction."""
        if stage.index not in self._built:
            self._built[stage.index] = await self._sharing.once(
                stage.index, lambda: self._make(stage)
            )
        return self._built[stage.index]

    async def _make(self, stage: Stage) -> State:
        await gather([self.stage(needed) for needed in self._plan.needs(stage)])
        state = await self._base(stage)
        triggers = state.container.config.on_build
        state = dataclasses.replace(state, container=state.container.configured(on_build=()))
        inherited = [
            dataclasses.replace(parse(f"FROM scratch\n{text}").instructions[1], line=stage.line)
            for text in triggers
        ]
        for instruction in (*inherited, *stage.instructions):
            with instruction.placed():
                state = await self._apply(stage, state, instruction)
        return state

    async def _base(self, stage: Stage) -> State:
        platform = stage.platform or self._inputs.platform
        earlier = self._plan.find(stage.base, stage.index)
        if earlier is not None:
            # A stage made from another one sees its arguments, too.
            return dataclasses.replace(await self.stage(earlier), own_cmd=False)
        container = Container(platform)
        if stage.base != SCRATCH:
            container = await from_(container, self._context, address=stage.base)
        if not dict(container.config.env).get("PATH"):
            container = container.configured(env=merge((("PATH", PATH),), container.config.env))
        return State(container)

    async def _apply(self, stage: Stage, state: State, instruction: Instruction) -> State:
        expander = Expander(state.variables(), self._plan.escape)
        container = state.container
        match instruction.name:
            case "ARG":
                outer = self._plan.arguments
                found = argument_values(instruction, expander, self._inputs.arguments, outer)
                return dataclasses.replace(state, arguments={**state.arguments, **found})
            case "RUN":
                changed = await self._run(stage, state, instruction)
            case "COPY" | "ADD":
                move = transfer.Transfer(self._context, partial(self._source, stage))
                changed = await move.run(container, instruction, expander)
            case "WORKDIR":
                changed = await self._workdir(container, expander.word(instruction.text))
            case "ENTRYPOINT" if not state.own_cmd:
                # The base's CMD was meant for the base's ENTRYPOINT.
                changed = CONFIGURE[instruction.name](container, instruction, expander)
                changed = changed.configured(cmd=None)
            case _:
                changed = CONFIGURE[instruction.name](container, instruction, expander)
        own_cmd = state.own_cmd or instruction.name == "CMD"
        return dataclasses.replace(state, container=changed, own_cmd=own_cmd)

    async def _run(self, stage: Stage, state: State, instruction: Instruction) -> Container:
        error = command.unsupported(instruction)
        if error is not None:
            raise error
        container = state.container
        source = partial(self._source, stage)
        given = {**self._inputs.arguments, **state.arguments}
        proxies = {name: value for name, value in given.items() if name in PROXIES}
        shown = tuple(pair for pair in state.arguments.items() if pair[0] not in PROXIES)
        ready = container.configured(env=merge(shown, container.config.env))
        # Another proxy makes no other result: it is in no key.
        ready = ready.replace(volatile_environment=tuple(proxies.items()))
        resolver = command.Mounts(self._store, self._inputs.secrets, self._inputs.socket, source)
        expander = Expander(state.variables(), self._plan.escape)
        ready = await resolver.on(ready, instruction, expander)
        script = command.script(instruction)
        if script:
            root = edit.write_file(self._store, Snapshot(), "/EOF", script.encode(), 0o755)
            file = DirectoryMount(command.SCRIPT, File(root, "/EOF"), read_only=True)
            ready = command.with_mount(ready, file)
        words = command.words(instruction, container.config.shell or command.SHELL)
        privileged = instruction.flag("security") == "insecure"
        asked = Command(
            args=words,
            privileged=privileged,
            init=self._inputs.init,
            network=instruction.flag("network") != "none",
        )
        title = f"{instruction.place}: {instruction}"
        try:
            done = await run(ready, self._context, asked, title=title)
        except ExecError as failed:
            raise ExecError(
                f"{instruction.place}: {failed.message}",
                cmd=failed.cmd,
                exit_code=failed.exit_code,
                stdout=failed.stdout,
                stderr=failed.stderr,
            ) from failed
        return dataclasses.replace(container, root=done.root, last_exec=done.last_exec)

    async def _source(self, stage: Stage, name: str) -> Directory:
        """Return what --from names: an earlier stage, an image, or without a name the context."""
        if not name:
            return self._inputs.source
        earlier = self._plan.find(name, stage.index)
        if earlier is not None:
            return Directory((await self.stage(earlier)).container.root)
        image = await from_(Container(self._inputs.platform), self._context, address=name)
        return Directory(image.root)

    async def _workdir(self, container: Container, path: str) -> Container:
        """Set the working directory; it is made now, and belongs to the user."""
        whole = posixpath.normpath(posixpath.join("/", container.config.workdir, path))
        owner: Owner | None = await asyncio.to_thread(
            owner_of, self._store, container, container.config.user
        )

        def made() -> Snapshot:
            if Tree(self._store.layer_paths(container.root)).lookup(whole) is not None:
                return container.root
            return edit.make_directory(self._store, container.root, whole, 0o755, owner)

        root = await asyncio.to_thread(made)
        return container.replace(root=root).configured(workdir=whole)


async def build(plan: Plan, target: str, inputs: Inputs, context: Context) -> Container:
    """Return the container of a target stage; raises DockerfileError, and ExecError for a command that failed."""
    stage = plan.target(target)
    try:
        container = (await Build(plan, inputs, context).stage(stage)).container
    except RecursionError as error:
        raise EngineError("the Dockerfile's stages nest too deep") from error
    return container.replace(last_exec=None)
