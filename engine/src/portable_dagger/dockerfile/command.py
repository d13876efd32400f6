"""RUN: the command that an instruction means, and what its --mount flags put into the container."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

from portable_dagger.dockerfile.mounts import MountOptions, parse_mount
from portable_dagger.errors import DockerfileError, NotFoundError
from portable_dagger.graph.values import (
    CacheMount,
    CacheSharingMode,
    CacheVolume,
    Directory,
    DirectoryMount,
    File,
    Mount,
    Secret,
    SecretMount,
    Socket,
    SocketMount,
    TempMount,
)
from portable_dagger.images.config import merge
from portable_dagger.ops.paths import absolute, below
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from portable_dagger.dockerfile.expansion import Expander
    from portable_dagger.dockerfile.parser import Instruction
    from portable_dagger.graph.values import Container
    from portable_dagger.store.store import Store

SHELL = ("/bin/sh", "-c")
SCRIPT = "/run/dockerfile-script"
"""Where a script with a `#!` line of its own is mounted."""

SECRETS = "/run/secrets/"
SECRET_MODE = 0o400
SSH_AGENT = "/run/buildkit/ssh_agent.0"


def words(instruction: Instruction, shell: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words that RUN runs; a here-document alone is the script."""
    if instruction.words is not None:
        return instruction.words
    if len(instruction.documents) == 1 and instruction.text.lstrip("<-").strip("\"'") == (
        instruction.documents[0].name
    ):
        text = instruction.documents[0].text
        return (SCRIPT,) if text.startswith("#!") else (*shell, text.removesuffix("\n"))
    return (*shell, instruction.raw)


def script(instruction: Instruction) -> str:
    """Return the text of a script that names its own interpreter, "" otherwise."""
    first = instruction.documents[0].text if instruction.documents else ""
    return first if first.startswith("#!") else ""


@dataclasses.dataclass(frozen=True, slots=True)
class Mounts:
    """What --mount flags are resolved with: the store, secrets by name, the agent's socket, and other stages."""

    store: Store
    secrets: Mapping[str, Secret]
    socket: Socket | None
    source: Callable[[str], Awaitable[Directory]]

    async def on(
        self, container: Container, instruction: Instruction, expander: Expander
    ) -> Container:
        """Return the container with an instruction's mounts, and the variables that come with them."""
        for text in instruction.flag_values("mount"):
            try:
                container = await self._mounted(container, parse_mount(text, expander.word))
            except (DockerfileError, NotFoundError) as error:
                raise instruction.error(f"--mount={text}: {error.message}", error.hint) from error
        return container

    async def _mounted(self, container: Container, options: MountOptions) -> Container:
        target = absolute(container, options.target) if options.target else ""
        match options.type:
            case "bind":
                source = await self._found(options)
                read_only = options.read_only is not False
                return with_mount(container, DirectoryMount(target, source, read_only=read_only))
            case "cache":
                return with_mount(container, CacheMount(target, await self._volume(options)))
            case "tmpfs":
                return with_mount(container, TempMount(target, options.size))
            case "secret":
                return self._with_secret(container, options, target)
            case _:
                return self._with_agent(container, options, target or SSH_AGENT)

    async def _found(self, options: MountOptions) -> Directory | File:
        """Return the directory or file that a bind mount, or a cache's beginning, names."""
        directory = await self.source(options.origin)
        path = below(directory.path, options.source)
        entry = await asyncio.to_thread(Tree(self.store.layer_paths(directory.root)).lookup, path)
        if entry is None and path != "/":
            raise NotFoundError(f"{options.source}: no such file or directory")
        if entry is not None and not entry.is_directory:
            return File(directory.root, path)
        return Directory(directory.root, path)

    async def _volume(self, options: MountOptions) -> CacheVolume:
        source = await self._found(options) if options.origin else None
        if isinstance(source, File):
            raise DockerfileError(f"{options.source} is a file, and a cache is a directory")
        return CacheVolume(
            options.id or options.target,
            "dockerfile",
            owner="{}:{}".format(*options.owner) if options.owner else "",
            sharing=CacheSharingMode[options.sharing.upper()],
            source=source,
            mode=options.mode,
        )

    def _with_secret(self, container: Container, options: MountOptions, target: str) -> Container:
        secret = self.secrets.get(options.id)
        if secret is None:
            if options.required:
                known = ", ".join(sorted(self.secrets)) or "none"
                raise DockerfileError(
                    f'secret "{options.id}" is required but was not given',
                    f"the secrets given: {known}",
                )
            return container
        if options.variable:
            pair = (options.variable, secret)
            container = container.replace(secret_environment=(*container.secret_environment, pair))
            if not target:
                return container
        mode = SECRET_MODE if options.mode is None else options.mode
        path = target or SECRETS + options.id
        return with_mount(container, SecretMount(path, secret, options.owner or (0, 0), mode))

    def _with_agent(self, container: Container, options: MountOptions, target: str) -> Container:
        if self.socket is None:
            raise DockerfileError(
                "no ssh agent was given to the build",
                "give the argument ssh a socket, such as host.unixSocket of $SSH_AUTH_SOCK",
            )
        env = merge(container.config.env, [("SSH_AUTH_SOCK", target)])
        mount = SocketMount(target, self.socket, options.owner or (0, 0))
        return with_mount(container, mount).configured(env=env)


def with_mount(container: Container, mount: Mount) -> Container:
    """Return the container with one more mount, instead of what was mounted there."""
    others = [here for here in container.mounts if here.target != mount.target]
    return container.replace(mounts=(*others, mount))


def unsupported(instruction: Instruction) -> DockerfileError | None:
    """Return the error of a flag that the engine does not honour; it must not be ignored."""
    network = instruction.flag("network", "default")
    if network not in {"default", "none"}:
        return instruction.error(
            f"--network={network} is not allowed", "use --network=default or --network=none"
        )
    if instruction.flag("device"):
        return instruction.error("--device is not supported by the embedded engine")
    return None
