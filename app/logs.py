"""Structured logs: one JSON object a line on standard error, with the request's id."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import datetime, timezone
from typing import Any

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

# What logging itself puts on a record; everything else came in by `extra=`.
_OWN_ATTRIBUTES = frozenset(
    {*logging.makeLogRecord({}).__dict__, "asctime", "message", "color_message", "taskName"}
)


class JSONFormatter(logging.Formatter):
    """Formats a record as one line of JSON; `extra` values become fields of their own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get() is not None:
            line["request_id"] = request_id.get()
        extra = {key: value for key, value in vars(record).items() if key not in _OWN_ATTRIBUTES}
        line.update(extra)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def configure(level: str) -> None:
    """Send every logger's records of `level` and above to standard error as JSON."""
    handler = logging.StreamHandler()
    handler.setFormatter(JSONFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # Alembic tells at length that it was asked for the revision, which every `/ready` does.
    logging.getLogger("alembic").setLevel(logging.WARNING)
