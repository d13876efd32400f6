"""Directory.dockerBuild: an image from a Dockerfile."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from portable_dagger.api.directory import DIRECTORY
from portable_dagger.api.registry import Scope
from portable_dagger.api.types import EMPTY, Platform, input_type
from portable_dagger.dockerfile.build import Inputs, build
from portable_dagger.dockerfile.ignore import build_context
from portable_dagger.dockerfile.parser import parse
from portable_dagger.dockerfile.stages import plan
from portable_dagger.errors import NotFoundError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Container, Directory, Secret, Socket
from portable_dagger.ops.paths import below
from portable_dagger.store.tree import Tree


@input_type
@dataclass(frozen=True, slots=True)
class BuildArg:
    """A build argument of a Dockerfile."""

    name: str
    value: str


@DIRECTORY.field(scope=Scope.SESSION, step="dockerfile")
async def docker_build(
    self: Directory,
    context: Context,
    *,
    dockerfile: str = "Dockerfile",
    platform: Platform | None = None,
    build_args: list[BuildArg] = EMPTY,
    target: str = "",
    secrets: list[Secret] = EMPTY,
    no_init: bool = False,
    ssh: Socket | None = None,
) -> Container:
    """Build an image from a Dockerfile in this directory; secrets are known to it by their names.

    A secret of a URI is known by the last part of that: `env://TOKEN` as TOKEN.
    """
    own = context.engine.platform
    wanted = platform or own
    text = await asyncio.to_thread(_text, self, context, dockerfile)
    arguments = {argument.name: argument.value for argument in build_args}
    stages = plan(
        parse(text, dockerfile),
        arguments,
        {**_platform("TARGET", wanted), **_platform("BUILD", own)},
    )
    inputs = Inputs(
        source=await asyncio.to_thread(build_context, context.store, self, dockerfile),
        platform=wanted,
        arguments=arguments,
        secrets={secret.name or re.split("[:/]", secret.uri)[-1]: secret for secret in secrets},
        socket=ssh,
        init=not no_init,
    )
    return await build(stages, target, inputs, context)


def _text(directory: Directory, context: Context, name: str) -> str:
    tree = Tree(context.store.layer_paths(directory.root))
    path = below(directory.path, name)
    entry = tree.lookup(path)
    if entry is None or not entry.is_file:
        raise NotFoundError(
            f'failed to read Dockerfile "{name}": open /{name}: no such file or directory',
            "name it by the argument dockerfile, relative to the directory",
        )
    return tree.read_bytes(path).decode(errors="replace")


def _platform(kind: str, platform: str) -> dict[str, str]:
    """Return the predefined arguments of a platform, such as TARGETPLATFORM (the Dockerfile reference)."""
    system, architecture, variant, *_ = (*platform.split("/"), "", "")
    return {
        f"{kind}PLATFORM": platform,
        f"{kind}OS": system,
        f"{kind}ARCH": architecture,
        f"{kind}VARIANT": variant,
    }
