"""Directories of the API as folders that modules are loaded from."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.store.content import content_digest
from portable_dagger.store.export import export_directory

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.graph.values import Directory


async def checkout(directory: Directory, context: Context) -> Path:
    """Write a directory's content to a folder of the engine's, once for each content; return the folder."""
    store, folder = context.store, context.engine.state / "run" / "checkouts"
    digest = await asyncio.to_thread(content_digest, store, directory.root, directory.path)
    target = folder / digest.removeprefix("sha256:")

    def write() -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stage = folder / f".stage-{secrets.token_hex(6)}"
        export_directory(store, directory.root, directory.path, stage)
        stage.rename(target)

    async def once() -> None:
        if not target.is_dir():
            await asyncio.to_thread(write)

    await context.engine.sharing.once(("checkout", target), once)
    return Path(target)
