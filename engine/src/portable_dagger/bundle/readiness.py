"""When a service that goes on from captured files is ready.

It recovers first, as after a loss of power, and some servers take connections meanwhile only to refuse them: an open
port does not say that they are ready. Those that are known for it are asked by their own program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from portable_dagger.images.config import lookup
from portable_dagger.images.healthcheck import Healthcheck
from portable_dagger.ops.launch import PATH

if TYPE_CHECKING:
    from collections.abc import Callable

    from portable_dagger.graph.values import Container

POSTGRES: Final = "pg_isready"
"""It exits with 0 when the server accepts connections, with 1 while it starts (PostgreSQL 15, "pg_isready")."""


def with_check(container: Container, exists: Callable[[str], bool]) -> Container:
    """Return a service's container with a health check that waits for its recovery, if it needs one and has none.

    `exists` tells of a path whether the container has it.
    """
    if container.config.healthcheck is not None or not container.ports:
        return container
    folders = (lookup(container.config.env, "PATH") or PATH).split(":")
    if not any(exists(f"{folder}/{POSTGRES}") for folder in folders if folder):
        return container
    port = container.ports[0].port
    check = Healthcheck((POSTGRES, "--quiet", "--host=127.0.0.1", f"--port={port}"))
    return container.configured(healthcheck=check)
