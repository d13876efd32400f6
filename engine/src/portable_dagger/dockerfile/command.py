"""RUN: the command that an instruction means, and what its --mount flags put into the container."""

from __future__ import annotations

import dataclasses
import posixpath
from typing import TYPE_CHECKING

from portable_dagger.dockerfile.stages import mount_options
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
from portable_dagger.ops.paths import below, normal
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from portable_dagger.dockerfile.parser import Instruction
    from portable_dagger.errors import DockerfileError
    from portable_dagger.graph.values import Container
    from portable_dagger.store.store import Store

SHELL = ("/bin/sh", "-c")
SCRIPT = "/run/dockerfile-script"
"""Where a script with a `#!` line of its own is mounted."""

SECRETS = "/run/secrets/"
SSH_AGENT = "/run/buildkit/ssh_agent.0"
UNITS = {"": 1, "b": 1, "k": 2**10, "kb": 2**10, "m": 2**20, "mb": 2**20, "g": 2**30, "gb": 2**30}

FromSource = "Callable[[str], Awaitable[Directory]]"


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
    container: Container
    secrets: Mapping[str, Secret]
    socket: Socket | None
    source: Callable[[str], Awaitable[Directory]]

    async def of(
        self, instruction: Instruction
    ) -> tuple[tuple[Mount, ...], tuple[tuple[str, Secret], ...], tuple[tuple[str, str], ...]]:
        """Return an instruction's mounts, its secret variables, and further variables."""
        mounts: list[Mount] = []
        secret_variables: list[tuple[str, Secret]] = []
        variables: list[tuple[str, str]] = []
        for flag, value in instruction.flags:
            if flag != "mount":
                continue
            options = mount_options(value)
            kind = options.get("type", "bind")
            if kind == "secret" and "env" in options:
                secret = self._secret(instruction, options)
                secret_variables += [(options["env"], secret)] if secret else []
            if kind == "ssh" and self.socket is not None:
                variables.append(("SSH_AUTH_SOCK", self._target(options, SSH_AGENT)))
            mount = await self._mount(instruction, kind, options)
            mounts += [mount] if mount else []
        return tuple(mounts), tuple(secret_variables), tuple(variables)

    async def _mount(
        self, instruction: Instruction, kind: str, options: dict[str, str]
    ) -> Mount | None:
        owner = (int(options.get("uid", "0")), int(options.get("gid", "0")))
        match kind:
            case "bind":
                return await self._bind(instruction, options)
            case "cache":
                return await self._cache(instruction, options, owner)
            case "tmpfs":
                size = _size(instruction, options["size"]) if "size" in options else None
                return TempMount(self._target(options), size)
            case "secret":
                secret = self._secret(instruction, options)
                if secret is None or ("env" in options and "target" not in options):
                    return None
                target = self._target(options, SECRETS + _secret_name(options))
                return SecretMount(target, secret, owner, int(options.get("mode", "0400"), 8))
            case "ssh":
                if self.socket is None:
                    if options.get("required", "false") == "true":
                        raise instruction.error("an ssh agent is required", "give dockerBuild ssh")
                    return None
                return SocketMount(self._target(options, SSH_AGENT), self.socket, owner)
            case _:
                raise instruction.error(
                    f"--mount=type={kind} is not supported",
                    "there are bind, cache, secret, ssh and tmpfs",
                )

    async def _bind(self, instruction: Instruction, options: dict[str, str]) -> Mount:
        source = await self.source(options.get("from", ""))
        path = below(source.path, options.get("source", options.get("src", "/")))
        entry = Tree(self.store.layer_paths(source.root)).lookup(path)
        if entry is None and path != "/":
            raise instruction.error(f"--mount: {path}: no such file or directory")
        inner: Directory | File = Directory(source.root, path)
        if entry is not None and not entry.is_directory:
            inner = File(source.root, path)
        writable = options.get("rw", options.get("readwrite", "false")) == "true"
        return DirectoryMount(self._target(options), inner, read_only=not writable)

    async def _cache(
        self, instruction: Instruction, options: dict[str, str], owner: tuple[int, int]
    ) -> Mount:
        target = self._target(options)
        sharing = options.get("sharing", "shared").upper()
        if sharing not in CacheSharingMode.__members__:
            raise instruction.error(f"--mount: sharing={sharing.lower()} is not known")
        source = await self.source(options["from"]) if "from" in options else None
        volume = CacheVolume(
            options.get("id", target),
            "dockerfile",
            owner="{}:{}".format(*owner) if owner != (0, 0) else "",
            sharing=CacheSharingMode[sharing],
            source=source,
        )
        return CacheMount(target, volume)

    def _secret(self, instruction: Instruction, options: dict[str, str]) -> Secret | None:
        name = _secret_name(options)
        secret = self.secrets.get(name)
        if secret is None and options.get("required", "false") == "true":
            known = ", ".join(sorted(self.secrets)) or "none"
            raise instruction.error(
                f'secret "{name}" is required but was not given', f"the secrets given: {known}"
            )
        return secret

    def _target(self, options: dict[str, str], default: str = "") -> str:
        path = options.get("target", options.get("dst", options.get("destination", default)))
        return normal(posixpath.join("/", self.container.config.workdir, path))


def _secret_name(options: dict[str, str]) -> str:
    return options.get("id") or posixpath.basename(options.get("target", ""))


def _size(instruction: Instruction, text: str) -> int:
    number = text.lower().rstrip("bkmg")
    unit = text.lower()[len(number) :]
    if not number.isdigit() or unit not in UNITS:
        raise instruction.error(f"--mount: size={text} is no size", "write it like 64m")
    return int(number) * UNITS[unit]


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
