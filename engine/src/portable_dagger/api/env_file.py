"""The EnvFile and EnvVariable types."""

from __future__ import annotations

import asyncio
import dataclasses

from portable_dagger.api.attributes import attributes
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import EnvFile, EnvVariable
from portable_dagger.graph.values import File
from portable_dagger.store import edit
from portable_dagger.store.snapshot import Snapshot

ENV_FILE = ObjectType("EnvFile", "A collection of environment variables.")
ENV_VARIABLE = ObjectType("EnvVariable", "An environment variable name and value.")

attributes(
    ENV_VARIABLE,
    name=(str, "The environment variable name."),
    value=(str, "The environment variable value."),
)


@QUERY.field()
async def env_file(self: object, context: Context, *, expand: bool | None = None) -> EnvFile:
    """Initialize an environment file."""
    return EnvFile()


@ENV_FILE.field()
async def with_variable(self: EnvFile, context: Context, *, name: str, value: str) -> EnvFile:
    """Add a variable."""
    return EnvFile((*self.lines, (name, value)))


@ENV_FILE.field()
async def without_variable(self: EnvFile, context: Context, *, name: str) -> EnvFile:
    """Remove all occurrences of a variable."""
    return EnvFile(tuple(line for line in self.lines if line[0] != name))


@ENV_FILE.field()
async def exists(self: EnvFile, context: Context, *, name: str) -> bool:
    """Whether a variable exists."""
    return name in dict(self.lines)


@ENV_FILE.field()
async def get(self: EnvFile, context: Context, *, name: str, raw: bool | None = None) -> str:
    """Return a variable's value, "" for a missing one."""
    return self.get(name, raw=bool(raw))


@ENV_FILE.field()
async def variables(
    self: EnvFile, context: Context, *, raw: bool | None = None
) -> list[EnvVariable]:
    """Return all variables."""
    if raw:
        return [EnvVariable(name, value) for name, value in dict(self.lines).items()]
    return [EnvVariable(name, value) for name, value in self.expanded()]


@ENV_FILE.field()
async def namespace(self: EnvFile, context: Context, *, prefix: str) -> EnvFile:
    """Return the variables whose names begin with a prefix, without it."""
    start = prefix.upper() + "_"
    kept = [(n[len(start) :], v) for n, v in self.lines if n.upper().startswith(start)]
    return dataclasses.replace(self, lines=tuple(kept))


@ENV_FILE.field()
async def as_file(self: EnvFile, context: Context) -> File:
    """Return the variables as a file."""
    text = "".join(f"{name}={value}\n" for name, value in self.lines)
    root = await asyncio.to_thread(
        edit.write_file, context.store, Snapshot(), "/.env", text.encode()
    )
    return File(root, "/.env")
