"""A Postgres server for one cell."""

import uuid
from typing import Final

from dagger import dag

from ci.step import Backup, Server

HOST: Final = "postgres"
"""The name by which the cell's container knows the server."""

_PORT: Final = 5432
_PASSWORD: Final = "ci"  # noqa: S105 - a server that only its cell can reach, gone after the run
_USER: Final = "postgres"
_DATA: Final = "/var/lib/postgresql/data"
_COPY: Final = "/tmp/copy"  # noqa: S108 - in a container of its own # nosec B108

_RULES_FILE: Final = "/etc/postgresql-ci/pg_hba.conf"
_RULES: Final = """\
local all all trust
host all all 127.0.0.1/32 trust
host all all ::1/128 trust
host all all all md5
host replication all all md5
"""
"""Who may connect: as the official image has it, and its user from elsewhere to copy the whole server (see `backup`).

By md5 a server takes passwords however it keeps them: Postgres 14 and later with SCRAM.
"""


def server(image: str, cell: str) -> Server:
    """Return a server of `image` (the official one's contract), that no other `cell` shares."""
    container = (
        dag.container()
        .from_(image)
        .with_env_variable("POSTGRES_PASSWORD", _PASSWORD)
        # What is thrown away after the run needs not survive a power cut.
        .with_env_variable("POSTGRES_INITDB_ARGS", "--no-sync")
        # Services of equal definition are one instance in a session: its name makes this cell's own.
        .with_env_variable("CI_CELL", cell)
        .with_new_file(_RULES_FILE, _RULES, permissions=0o644)
        .with_exposed_port(_PORT)
    )
    return Server(
        alias=HOST,
        container=container,
        args=(
            "postgres",
            *("-c", "fsync=off"),
            *("-c", "full_page_writes=off"),
            *("-c", f"hba_file={_RULES_FILE}"),
        ),
        use_entrypoint=True,
        backup=backup,
    )


async def backup(running: Server) -> Backup:
    """Copy the files of a server that runs: what it holds now, down to the order of rows and the state of sequences.

    A copy of files and not a dump, which would be restored in an order of its own. Taking it makes the server write a
    checkpoint, and changes nothing else in it. A server that finds the copy as its data begins where this one is.
    """
    target = await running.container.env_variable("PGDATA") or _DATA
    command = ["pg_basebackup", f"--host={running.alias}", f"--username={_USER}", "--no-password"]
    command += [f"--pgdata={_COPY}", "--wal-method=fetch", "--checkpoint=fast", "--no-sync"]
    copied = (
        running.container.without_exposed_port(_PORT)
        .with_env_variable("PGPASSWORD", _PASSWORD)
        # What a server holds is no matter of its definition: another moment, another copy.
        .with_env_variable("CI_MOMENT", uuid.uuid4().hex)
        # Files belong to whom the server runs as.
        .with_user(_USER)
        .with_service_binding(running.alias, running.service())
        .with_exec(command)
    )
    return Backup(target, await copied.directory(_COPY).sync())


def url(scheme: str) -> str:
    """Return the server's address, as `scheme` a driver's or an ORM's name for Postgres."""
    return f"{scheme}://{_USER}:{_PASSWORD}@{HOST}:{_PORT}/postgres"
