"""Around every request: its id, one log line, its figures, and an answer when something broke."""

from __future__ import annotations

import logging
import re
import time
import uuid
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse

from app import logs

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from app.metrics import Metrics

HEADER = "X-Request-ID"
# What may enter logs and the database unread: short, and nothing to escape.
ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")

logger = logging.getLogger(__name__)


def identify(given: str | None) -> str:
    """Return the caller's id if it is acceptable, otherwise a new one."""
    if given is not None and ACCEPTABLE.fullmatch(given):
        return given
    return uuid.uuid4().hex


class RequestMiddleware:
    """Gives each request an id (taken from and returned in X-Request-ID), logs and measures it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI event stream."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        identity = identify(Headers(scope=scope).get(HEADER))
        token = logs.request_id.set(identity)
        started = time.perf_counter()
        status: int | None = None

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = identity
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            logger.exception("the request broke")
            if (
                status is not None
            ):  # Too late for another answer: let the server cut the connection.
                raise
            broken = {
                "message": "the service failed",
                "hint": f"Look for request {identity} in the logs.",
                "request_id": identity,
                "problems": [],
            }
            await JSONResponse(broken, status_code=500)(scope, receive, send_with_id)
        finally:
            self._conclude(scope, status or 500, time.perf_counter() - started)
            logs.request_id.reset(token)

    def _conclude(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"]
        self.metrics.observe(method=method, route=route, status=status, seconds=seconds)
        logger.info(
            "request",
            extra={
                "method": method,
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1000, 2),
            },
        )
