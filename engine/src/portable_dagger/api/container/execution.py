"""Container fields that run commands, and read what the last one left."""

from __future__ import annotations

import asyncio
import hashlib

from portable_dagger.api.container.type import CONTAINER
from portable_dagger.api.types import EMPTY, Identifier
from portable_dagger.errors import QueryError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Container, ExecResult, Service
from portable_dagger.ops.command import Command, ReturnType
from portable_dagger.ops.exec import command_args, run

HOSTNAME_LENGTH = 13
"""Characters of a service's host name: 64 bits in base 32 (the brief, section 5.5)."""

BASE32HEX = "0123456789abcdefghijklmnopqrstuv"


@CONTAINER.field(step="exec")
async def with_exec(
    self: Container,
    context: Context,
    *,
    args: list[str],
    use_entrypoint: bool = False,
    stdin: str = "",
    redirect_stdin: str = "",
    redirect_stdout: str = "",
    redirect_stderr: str = "",
    expect: ReturnType = ReturnType.SUCCESS,
    experimental_privileged_nesting: bool = False,
    insecure_root_capabilities: bool = False,
    expand: bool = False,
    no_init: bool = False,
) -> Container:
    """Run a command, without a shell, and return the container after it."""
    command = Command(
        args=command_args(self, args, use_entrypoint=use_entrypoint, expand=expand),
        stdin=stdin,
        redirect_stdin=redirect_stdin,
        redirect_stdout=redirect_stdout,
        redirect_stderr=redirect_stderr,
        expect=expect,
        nested=experimental_privileged_nesting,
        privileged=insecure_root_capabilities,
        init=not no_init,
    )
    return await run(self, context, command)


def _last(container: Container) -> ExecResult:
    if container.last_exec is None:
        raise QueryError("no command has been set", "run one with withExec first")
    return container.last_exec


async def _stream(context: Context, digest: str) -> str:
    data = await asyncio.to_thread(context.store.get_blob, digest)
    return data.decode(errors="replace")


@CONTAINER.field()
async def stdout(self: Container, context: Context) -> str:
    """The last command's standard output."""
    return await _stream(context, _last(self).stdout)


@CONTAINER.field()
async def stderr(self: Container, context: Context) -> str:
    """The last command's standard error."""
    return await _stream(context, _last(self).stderr)


@CONTAINER.field()
async def combined_output(self: Container, context: Context) -> str:
    """The last command's standard output and error, in the order in which they came."""
    return await _stream(context, _last(self).combined)


@CONTAINER.field()
async def exit_code(self: Container, context: Context) -> int:
    """The last command's exit code."""
    return _last(self).exit_code


@CONTAINER.field()
async def sync(self: Container, context: Context) -> Identifier:
    """Force evaluation of the pipeline; answers the container's ID."""
    raise AssertionError  # answered by the executor


@CONTAINER.field()
async def as_service(
    self: Container,
    context: Context,
    *,
    args: list[str] = EMPTY,
    use_entrypoint: bool = False,
    experimental_privileged_nesting: bool = False,
    insecure_root_capabilities: bool = False,
    expand: bool = False,
    no_init: bool = False,
) -> Service:
    """Turn the container into a service that runs these arguments, or its default ones."""
    try:
        words = command_args(self, args, use_entrypoint=use_entrypoint, expand=expand)
    except QueryError as error:
        raise QueryError("no service command has been set", error.hint) from error
    assert context.recipe is not None
    identity = context.recipe.digest
    return Service(
        identity=identity,
        container=self,
        args=words,
        hostname=hostname(identity),
        privileged=insecure_root_capabilities,
        nested=experimental_privileged_nesting,
        init=not no_init,
    )


def hostname(identity: str) -> str:
    """Return the name of a service: 64 bits of its digest in lower-case base 32 (hexadecimal alphabet)."""
    number = int.from_bytes(hashlib.sha256(identity.encode()).digest()[:8], "big") << 1
    return "".join(
        BASE32HEX[(number >> (5 * place)) & 31] for place in reversed(range(HOSTNAME_LENGTH))
    )


@CONTAINER.field()
async def with_default_terminal_cmd(
    self: Container,
    context: Context,
    *,
    args: list[str],
    experimental_privileged_nesting: bool = False,
    insecure_root_capabilities: bool = False,
) -> Container:
    """Set the command that `terminal` runs by default."""
    return self.replace(terminal_command=tuple(args))
