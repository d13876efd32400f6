"""Directories as modules: Directory.asModule."""

from __future__ import annotations

import posixpath

from portable_dagger.api.directory import DIRECTORY
from portable_dagger.api.registry import Scope
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Directory
from portable_dagger.modules.checkout import checkout
from portable_dagger.modules.served import served
from portable_dagger.modules.typedefs import Module


@DIRECTORY.field(scope=Scope.SESSION)
async def as_module(self: Directory, context: Context, *, source_root_path: str = ".") -> Module:
    """Load the directory, or a folder in it, as a module."""
    top = await checkout(self, context)
    path = posixpath.normpath(f"/{source_root_path}").lstrip("/")
    return served(await context.engine.modules.load(top / path, context, top))
