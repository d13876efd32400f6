"""Fields of Directory that apply patches."""

from __future__ import annotations

import asyncio
import dataclasses

from portable_dagger.api.directory import DIRECTORY, tree_of
from portable_dagger.errors import NotFoundError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Directory, File
from portable_dagger.store.patch import patched


@DIRECTORY.field(experimental=True)
async def with_patch(self: Directory, context: Context, *, patch: str) -> Directory:
    """Apply a patch in git's or diff's unified form."""
    return await _patched(self, context, patch.encode())


@DIRECTORY.field(experimental=True)
async def with_patch_file(self: Directory, context: Context, *, patch: File) -> Directory:
    """Apply a patch file in git's or diff's unified form."""
    entry = await asyncio.to_thread(tree_of(context, patch.root).lookup, patch.path)
    if entry is None:
        raise NotFoundError(f"stat {patch.path}: no such file or directory")
    if not entry.is_file:
        raise NotFoundError(f"{patch.path} is no regular file")
    return await _patched(self, context, await asyncio.to_thread(entry.source.read_bytes))


async def _patched(directory: Directory, context: Context, patch: bytes) -> Directory:
    root = await asyncio.to_thread(patched, context.store, directory.root, directory.path, patch)
    return dataclasses.replace(directory, root=root)
