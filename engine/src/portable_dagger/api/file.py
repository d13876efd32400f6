"""The File type."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import posixpath
import stat as modes

from portable_dagger.api.directory import numeric_owner, tree_of
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType
from portable_dagger.api.stat import stat_of
from portable_dagger.api.types import Identifier
from portable_dagger.errors import NotFoundError, QueryError
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import EnvFile, JsonValue, Stat
from portable_dagger.graph.values import File
from portable_dagger.ops.identity import content_key
from portable_dagger.store import edit
from portable_dagger.store.copy import copy
from portable_dagger.store.export import export_file
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Entry

FILE = ObjectType("File", "A file.", interfaces=("Node", "Syncer", "Exportable"))

CONTENTS_LIMIT = 128 * 2**20
"""Bytes that `contents` answers (the brief, section 5.1)."""


@QUERY.field(name="file")
async def new_file(
    self: object, context: Context, *, name: str, contents: str, permissions: int = 0o644
) -> File:
    """Create a file with these contents."""
    if not name or "/" in name:
        raise QueryError(f'file name "{name}" is a directory or holds a slash', "give a plain name")
    root = await asyncio.to_thread(
        edit.write_file, context.store, Snapshot(), "/" + name, contents.encode(), permissions
    )
    return File(root, "/" + name)


def _entry(file: File, context: Context) -> Entry:
    entry = tree_of(context, file.root).lookup(file.path)
    if entry is None:
        raise NotFoundError(f"stat {file.path}: no such file or directory")
    return entry


@FILE.field()
async def sync(self: File, context: Context) -> Identifier:
    """Force evaluation; answers the file's ID."""
    raise AssertionError  # answered by the executor


@FILE.field()
async def name(self: File, context: Context) -> str:
    """Retrieve the name of the file."""
    return self.name


@FILE.field()
async def size(self: File, context: Context) -> int:
    """Retrieve the size in bytes."""
    return (await asyncio.to_thread(_entry, self, context)).stat.st_size


@FILE.field()
async def stat(self: File, context: Context) -> Stat | None:
    """Return the file's status."""
    return stat_of(self.name, (await asyncio.to_thread(_entry, self, context)).stat)


@FILE.field()
async def contents(
    self: File,
    context: Context,
    *,
    offset_lines: int | None = None,
    limit_lines: int | None = None,
) -> str:
    """Retrieve the contents, or some of its lines."""
    data = await _read(self, context)
    if offset_lines is None and limit_lines is None:
        return data.decode(errors="replace")
    lines = data.splitlines(keepends=True) if b"\r" not in data else _lines(data)
    first = offset_lines or 0
    last = len(lines) if limit_lines is None else first + limit_lines
    return b"".join(lines[first:last]).decode(errors="replace")


def _lines(data: bytes) -> list[bytes]:
    """Split at line feeds only: carriage returns belong to the lines."""
    return [part + b"\n" for part in data.split(b"\n")[:-1]] + (
        [data.rpartition(b"\n")[2]] if not data.endswith(b"\n") else []
    )


async def _read(file: File, context: Context) -> bytes:
    entry = await asyncio.to_thread(_entry, file, context)
    if not entry.is_file:
        # A pipe would never end, and a device would be the host's.
        raise NotFoundError(f"{file.name} is no regular file")
    if entry.stat.st_size > CONTENTS_LIMIT:
        raise QueryError(
            f"file {file.name} has {entry.stat.st_size} bytes, more than the {CONTENTS_LIMIT} that contents answers",
            "export it instead",
        )
    return await asyncio.to_thread(entry.source.read_bytes)


@FILE.field()
async def digest(self: File, context: Context, *, exclude_metadata: bool = False) -> str:
    """Return the digest of the file; of its bytes alone if metadata is excluded."""
    if exclude_metadata:
        return "sha256:" + hashlib.sha256(await _read(self, context)).hexdigest()
    return await content_key(self, context)


@FILE.field()
async def with_name(self: File, context: Context, *, name: str) -> File:
    """Return the file under another name."""
    target = "/" + name.strip("/")
    root = await asyncio.to_thread(copy, context.store, Snapshot(), target, self.root, self.path)
    return File(root, target)


@FILE.field()
async def with_timestamps(self: File, context: Context, *, timestamp: int) -> File:
    """Set the file's times, in seconds since the epoch."""
    root = await asyncio.to_thread(edit.set_times, context.store, self.root, self.path, timestamp)
    return dataclasses.replace(self, root=root)


@FILE.field()
async def chown(self: File, context: Context, *, owner: str) -> File:
    """Give the file to another owner."""
    numbers = numeric_owner(owner) or (0, 0)
    root = await asyncio.to_thread(edit.chown, context.store, self.root, self.path, numbers)
    return dataclasses.replace(self, root=root)


@FILE.field()
async def with_replaced(
    self: File,
    context: Context,
    *,
    search: str,
    replacement: str,
    all: bool = False,
    first_from: int | None = None,
) -> File:
    """Replace a text: its only occurrence, all, or the first from a line on."""
    entry = await asyncio.to_thread(_entry, self, context)
    text = (await _read(self, context)).decode(errors="surrogateescape")
    changed = replaced(text, search, replacement, everywhere=all, first_from=first_from)
    root = await asyncio.to_thread(
        edit.write_file,
        context.store,
        self.root,
        self.path,
        changed.encode(errors="surrogateescape"),
        modes.S_IMODE(entry.stat.st_mode),
        (entry.stat.st_uid, entry.stat.st_gid),
    )
    return dataclasses.replace(self, root=root)


def replaced(
    text: str, search: str, replacement: str, *, everywhere: bool, first_from: int | None
) -> str:
    """Return the text with what was searched replaced; QueryError when it is not clear which occurrence is meant."""
    found = _occurrences(text, search)
    if everywhere and search:
        return text.replace(search, replacement)
    if first_from is not None:
        starts = [at for at, line in found if line >= first_from]
        if not starts:
            raise QueryError(f'search string not found from line {first_from}: "{search}"')
        return text[: starts[0]] + replacement + text[starts[0] + len(search) :]
    if not found:
        raise QueryError(f'search string not found: "{search}"')
    if len(found) > 1:
        places = []
        for at, line in found:
            column = at - (text.rfind("\n", 0, at) + 1)
            places.append(f"line {line} ({column}-{column + len(search)})")
        raise QueryError("search string found multiple times: " + ", ".join(places))
    at = found[0][0]
    return text[:at] + replacement + text[at + len(search) :]


def _occurrences(text: str, search: str) -> list[tuple[int, int]]:
    found, at = [], text.find(search)
    while 0 <= at < max(len(text), 1):
        found.append((at, text.count("\n", 0, at) + 1))
        at = text.find(search, at + max(len(search), 1))
    return found


@FILE.field(name="asJSON")
async def as_json(self: File, context: Context) -> JsonValue:
    """Parse the file as JSON."""
    return JsonValue.parse((await _read(self, context)).decode(errors="replace"))


@FILE.field()
async def as_env_file(self: File, context: Context, *, expand: bool | None = None) -> EnvFile:
    """Parse the file as an env file."""
    return EnvFile.parse((await _read(self, context)).decode(errors="replace"))


@FILE.field()
async def export(
    self: File, context: Context, *, path: str, allow_parent_dir_path: bool = False
) -> str:
    """Write the file to a path of the host; into it, if it is a directory and that is allowed."""
    target = context.client.on_host(path)
    if target.is_dir():
        if not allow_parent_dir_path:
            raise QueryError(
                f"destination {path} is a directory; must be a file path unless allowParentDirPath is set"
            )
        target = target / self.name
    await asyncio.to_thread(export_file, context.store, self.root, self.path, target)
    return posixpath.normpath(target)
