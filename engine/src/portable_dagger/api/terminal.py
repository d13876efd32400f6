"""Terminals: Container.terminal and Directory.terminal."""

from __future__ import annotations

import dataclasses

from portable_dagger.api.container.image import from_
from portable_dagger.api.container.type import CONTAINER
from portable_dagger.api.directory import DIRECTORY
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.api.types import EMPTY, Identifier
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Container, Directory, DirectoryMount
from portable_dagger.ops.terminal import open_in

DIRECTORY_IMAGE = "debian:bookworm-slim"
"""What a directory is shown in; a stand-in has it without a registry. Dagger takes alpine."""

DIRECTORY_TARGET = "/src"

TERMINAL = ObjectType(
    "Terminal",
    "An interactive terminal that clients can connect to. No field answers one, with Dagger neither.",
    interfaces=("Node", "Syncer"),
)


@TERMINAL.field(name="sync")
async def sync_terminal(self: object, context: Context) -> Identifier:
    """Force evaluation; answers the terminal's ID."""
    raise AssertionError  # answered by the executor


@CONTAINER.field(scope=Scope.CALL)
async def terminal(
    self: Container,
    context: Context,
    *,
    cmd: list[str] = EMPTY,
    experimental_privileged_nesting: bool = False,
    insecure_root_capabilities: bool = False,
) -> Container:
    """Open an interactive terminal; answers the container as it was before."""
    await open_in(
        self,
        context,
        cmd,
        nested=experimental_privileged_nesting,
        privileged=insecure_root_capabilities,
    )
    return self


@DIRECTORY.field(name="terminal", scope=Scope.CALL)
async def directory_terminal(
    self: Directory,
    context: Context,
    *,
    container: Container | None = None,
    cmd: list[str] = EMPTY,
    experimental_privileged_nesting: bool = False,
    insecure_root_capabilities: bool = False,
) -> Directory:
    """Open an interactive terminal in a container that has the directory at /src; answers it as it was before."""
    # Before an image is pulled for nothing.
    context.session.terminals.check()
    if container is None:
        scratch = Container(platform=context.engine.platform)
        container = await from_(scratch, context, address=DIRECTORY_IMAGE)
    shown = container.replace(
        mounts=(*container.mounts, DirectoryMount(DIRECTORY_TARGET, self)),
        config=dataclasses.replace(container.config, workdir=DIRECTORY_TARGET),
    )
    await open_in(
        shown,
        context,
        cmd,
        nested=experimental_privileged_nesting,
        privileged=insecure_root_capabilities,
    )
    return self
