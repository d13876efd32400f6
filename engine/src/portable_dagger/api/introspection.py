"""The introspection of what a module's code is served, as a file of the API."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

from graphql import get_introspection_query, parse

from portable_dagger.graph.values import File
from portable_dagger.store.edit import write_file
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.modules.loaded import LoadedModule

PATH: Final = "/schema.json"
QUERY: Final = get_introspection_query()


async def schema_file(module: LoadedModule, context: Context) -> File:
    """Return the introspection of the types that a module's code sees, as JSON."""
    schema = context.engine.schema_of(module.client_types)
    data = schema.introspect(parse(QUERY), QUERY)["data"]
    text = json.dumps(data).encode()
    return File(await asyncio.to_thread(write_file, context.store, Snapshot(), PATH, text), PATH)
