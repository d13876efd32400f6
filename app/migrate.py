"""Bring the tables up to date, or back: `python -m app.migrate up|down [REVISION]`."""

from __future__ import annotations

import argparse
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from app import settings
from app.errors import DatabaseError, PlatformError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import URL, Connection

LOCK = 1_990_0401  # any number, as long as nobody else locks it in this database


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for the packaged migrations, without any file."""
    config = Config()
    directory = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", directory.replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@lru_cache(maxsize=1)
def head() -> str | None:
    """Return the newest packaged revision."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def current(connection: Connection) -> str | None:
    """Return the revision the database is at; None when it has no tables yet."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(url: URL, direction: str, revision: str | None = None) -> str | None:
    """Go `up` (to `head` by default) or `down` (to `base` by default); return where it stands now.

    Everything happens in one transaction; of several callers at once, one works and the others
    find it done. Raises DatabaseError.
    """
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            config = configuration(connection)
            if direction == "up":
                command.upgrade(config, revision or "head")
            else:
                command.downgrade(config, revision or "base")
            return current(connection)
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise DatabaseError(
            f"the migration failed and nothing was changed: {reason}",
            "Check APP_DATABASE_URL and the role's rights.",
        ) from error
    finally:
        engine.dispose()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns 1 with a message on failure."""
    parser = argparse.ArgumentParser(prog="python -m app.migrate", description=__doc__)
    parser.add_argument("direction", choices=("up", "down"))
    parser.add_argument("revision", nargs="?", help="default: all the way")
    given = parser.parse_args(arguments)
    try:
        url = settings.load().sqlalchemy_url()
        revision = migrate(url, given.direction, given.revision)
    except PlatformError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"the database is at {revision or '(none)'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
