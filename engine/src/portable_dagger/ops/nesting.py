"""Sessions for commands inside containers: the engine's API on 127.0.0.1 of the container's own network."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.session.client import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from portable_dagger.graph.context import Context
    from portable_dagger.runtime.slot import Slot


@contextlib.asynccontextmanager
async def nested_session(
    context: Context, slot: Slot
) -> AsyncIterator[tuple[tuple[str, str], ...]]:
    """Open a client for a command; yields the environment that leads it to the API."""
    session = context.session
    client = session.open_client(
        Client(session, context.engine.core_types, Path("/nonexistent"), nested=True)
    )
    try:
        async with context.engine.served_in(slot) as port:
            yield (
                ("DAGGER_SESSION_PORT", str(port)),
                ("DAGGER_SESSION_TOKEN", client.token),
            )
    finally:
        session.close_client(client)
