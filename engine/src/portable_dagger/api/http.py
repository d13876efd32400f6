"""The root field `http`."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import Scope
from portable_dagger.errors import HttpError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import File, Secret, Service
from portable_dagger.ops.http import Request, fetch
from portable_dagger.record.inputs import Account
from portable_dagger.store import edit
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.store import file_digest

DEFAULT_MODE = 0o600
DEFAULT_PORTS = {"http": 80, "https": 443}


@QUERY.field(scope=Scope.CLIENT, step="http")
async def http(
    self: object,
    context: Context,
    *,
    url: str,
    name: str | None = None,
    permissions: int | None = None,
    checksum: str | None = None,
    auth_header: Secret | None = None,
    experimental_service_host: Service | None = None,
) -> File:
    """Return a file that an HTTP server sends; once for each client of a session."""
    address, authorization = "", ""
    if experimental_service_host is not None:
        port = urlsplit(url).port or DEFAULT_PORTS.get(urlsplit(url).scheme, 0)
        address = await context.session.services.place(experimental_service_host, port, context)
    else:
        context.session.check_way_out(url)
    if auth_header is not None:
        authorization = (
            (await context.session.secrets.text(auth_header, context.client)).decode().strip()
        )
    away_from = None if context.client.is_main else context.engine.network.containers
    request = Request(url, address, authorization, away_from)
    with context.session.progress.span("http", f"http {url}") as span:
        span.account = Account.of(url=url)
        path = await fetch(context.store, request)
        span.account.output["content"] = path.name
        if checksum:
            found = "sha256:" + await asyncio.to_thread(file_digest, path)
            if found != checksum:
                raise HttpError(f"http checksum mismatch: expected {checksum}, got {found}")
    target = "/" + (name or request.name)
    root = await asyncio.to_thread(
        edit.add_file, context.store, Snapshot(), target, path, permissions or DEFAULT_MODE
    )
    return File(root, target)
