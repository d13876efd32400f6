"""A Postgres server for one cell."""

from typing import Final

import dagger
from dagger import dag

HOST: Final = "postgres"
"""The name by which the cell's container knows the server."""

_PORT: Final = 5432
_PASSWORD: Final = "ci"  # noqa: S105 - a server that only its cell can reach, gone after the run


def service(image: str, cell: str) -> dagger.Service:
    """Return a server of `image` (the official one's contract), that no other `cell` shares."""
    return (
        dag.container()
        .from_(image)
        .with_env_variable("POSTGRES_PASSWORD", _PASSWORD)
        # What is thrown away after the run needs not survive a power cut.
        .with_env_variable("POSTGRES_INITDB_ARGS", "--no-sync")
        # Services of equal definition are one instance in a session: its name makes this cell's own.
        .with_env_variable("CI_CELL", cell)
        .with_exposed_port(_PORT)
        .as_service(
            args=["postgres", "-c", "fsync=off", "-c", "full_page_writes=off"], use_entrypoint=True
        )
    )


def url(scheme: str) -> str:
    """Return the server's address, as `scheme` a driver's or an ORM's name for Postgres."""
    return f"{scheme}://postgres:{_PASSWORD}@{HOST}:{_PORT}/postgres"
