"""Serve: `python -m app`, with the settings of the environment."""

from __future__ import annotations

import sys

import uvicorn

from app import logs, settings
from app.errors import SettingsError
from app.main import create_app


def main() -> int:
    """Serve until SIGTERM or SIGINT and finish what is in flight. Returns 2 without settings."""
    try:
        chosen = settings.load()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    logs.configure(chosen.log_level)
    uvicorn.run(
        create_app(chosen),
        host=chosen.host,
        port=chosen.port,
        # Our own logging: one JSON line a request, by RequestMiddleware.
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=chosen.shutdown_seconds,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
