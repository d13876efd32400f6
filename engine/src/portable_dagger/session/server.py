"""The engine's HTTP face on loopback.

    POST /query     GraphQL; basic authentication with a client's token as the user name (the brief, section 1.2)
    POST /session   opens a session and streams its events as lines of JSON until either side closes
    POST /module    loads a module and serves its types in a session
    GET  /type/X    describes a core type for the command line
    POST /terminal/N  lends a terminal to a process of a session: see session.terminals
    GET  /status
    POST /stop {"idle"} -> {"stopping"}   ends the engine; with `idle` only if there is no session
    GET  /cache, POST /prune  see session.cache
    POST /why       see session.history
    POST /capture, /replay  see session.replays
    POST /bundle    see session.bundles
    POST /save, /load  see session.cache_files
All but /query want the engine's own token (`Authorization: Bearer …`), which only the user's state directory holds.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hmac
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web

from portable_dagger.errors import EngineError, NotFoundError
from portable_dagger.session import cache, cache_files, history, replays
from portable_dagger.session.request import answer
from portable_dagger.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from portable_dagger.engine import Engine
    from portable_dagger.session.client import Client

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BODY_LIMIT = 256 * 2**20


class Server:
    """Routes requests to the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.application = web.Application(client_max_size=BODY_LIMIT, middlewares=[self._guard])
        self.application.add_routes(
            [
                web.post("/query", self._query),
                web.post("/session", self._session),
                web.post("/module", self._module),
                web.get("/type/{name}", self._type),
                web.post("/terminal/{id}", self._terminal),
                web.get("/status", self._status),
                web.post("/stop", self._stop),
                web.get("/cache", self._cache),
                web.post("/prune", self._prune),
                web.post("/why", self._why),
                web.post("/capture", self._capture),
                web.post("/replay", self._replay),
                web.post("/bundle", self._bundle),
                web.post("/save", self._save),
                web.post("/load", self._load),
            ]
        )

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != "/query":
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), self._engine.token.encode()):
                return _error(401, "the engine's token is missing or wrong")
        try:
            return await handler(request)
        except EngineError as error:
            return _error(400, error.message, error.hint)
        except Exception:
            self._engine.log.exception("in a request of %s", request.path)
            return _error(
                500,
                "the engine failed at this request: that is a fault of its own",
                f"the end of {self._engine.state / 'engine.log'} says more",
            )

    async def _query(self, request: web.Request) -> web.StreamResponse:
        client = self._engine.clients.get(_basic_user(request))
        if client is None:
            return web.Response(
                status=401, headers={"WWW-Authenticate": "Basic"}, text="unknown token"
            )
        try:
            body = await request.json()
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict) or not (
            isinstance(body.get("query") or "", str)
            and isinstance(body.get("variables") or {}, dict)
        ):
            return _error(400, 'the body is no JSON object {"query": TEXT, "variables": {…}}')
        variables = body.get("variables") or {}
        try:
            data = await client.session.run(
                answer(client, body.get("query") or "", variables, body.get("operationName"))
            )
        except asyncio.CancelledError:
            if not client.session.closed:
                raise
            data = {"errors": [{"message": "the session was closed"}]}
        response = web.Response(body=json.dumps(data).encode(), content_type="application/json")
        response.enable_compression()
        return response

    async def _session(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        session = Session(
            self._engine,
            Path(body["workdir"]),
            dict(body.get("env") or {}),
            dict(body.get("labels") or {}),
            terminal=bool(body.get("terminal")),
            interactive=bool(body.get("interactive")),
            offline=bool(body.get("offline")),
        )
        if body.get("capture"):
            try:
                await replays.capture(session, body["capture"])
            except EngineError:
                await session.close()
                raise
        self._engine.sessions[session.id] = session
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        session.progress.listen(queue.put_nowait)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        response.enable_chunked_encoding()
        try:
            await response.prepare(request)
            queue.put_nowait(
                {"event": "session", "token": session.main.token, "port": self._engine.port}
            )
            with contextlib.suppress(ConnectionResetError):
                await _stream(response, queue)
        finally:
            await asyncio.shield(asyncio.ensure_future(self._engine.close_session(session)))
        return response

    async def _module(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        client = self._client(body["token"])
        try:
            described = await client.session.run(self._engine.serve_module(client, body.get("ref")))
        except EngineError as error:
            return web.json_response({"error": {"message": error.message, "hint": error.hint}})
        return web.json_response({"module": described})

    async def _type(self, request: web.Request) -> web.StreamResponse:
        client = self._engine.clients.get(request.query.get("token", ""))
        types = client.types if client else self._engine.core_types
        return web.json_response(self._engine.describe_type(types, request.match_info["name"]))

    async def _terminal(self, request: web.Request) -> web.StreamResponse:
        client = self._client(request.query.get("token", ""))
        attachment = client.session.terminals.find(request.match_info["id"])
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        typing = asyncio.ensure_future(attachment.feed(request.content))
        try:
            async for data in attachment.output():
                await response.write(data)
        finally:
            typing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await typing
        return response

    def _client(self, token: str) -> Client:
        """Return who holds a token; NotFoundError when nobody does."""
        client = self._engine.clients.get(token)
        if client is None:
            raise NotFoundError(
                "no session has this token", "its session has ended: run the command again"
            )
        return client

    async def _status(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self._engine.status())

    async def _cache(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(await cache.contents(self._engine))

    async def _prune(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(await cache.prune(self._engine, await request.json()))

    async def _why(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        found = await asyncio.to_thread(
            history.answer, self._engine, body["words"], body["workdir"]
        )
        return web.json_response(found)

    async def _capture(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        session = self._client(body["token"]).session
        return web.json_response(await session.run(replays.finish(session, body)))

    async def _replay(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        session = self._client(body["token"]).session
        return web.json_response(await session.run(replays.replay(session, body)))

    async def _bundle(self, request: web.Request) -> web.StreamResponse:
        # Bundles are rare, and what reads them takes a while to import.
        from portable_dagger.session import bundles  # noqa: PLC0415

        return web.json_response(await asyncio.to_thread(bundles.answer, await request.json()))

    async def _save(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        session = self._client(body["token"]).session
        return web.json_response(await session.run(cache_files.save(session, body)))

    async def _load(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        session = self._client(body["token"]).session
        return web.json_response(await session.run(cache_files.load(session, body)))

    async def _stop(self, request: web.Request) -> web.StreamResponse:
        stopping = not ((await request.json()).get("idle") and self._engine.sessions)
        if stopping:
            asyncio.get_running_loop().call_soon(self._engine.stop)
        return web.json_response({"stopping": stopping})


async def _stream(response: web.StreamResponse, queue: asyncio.Queue[dict[str, Any]]) -> None:
    """Write events until the client closes its end: that cancels the handler (see Engine.serve)."""
    while True:
        lines = [json.dumps(await queue.get())]
        while not queue.empty():
            lines.append(json.dumps(queue.get_nowait()))
        await response.write(("\n".join(lines) + "\n").encode())


def _basic_user(request: web.Request) -> str:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).decode().partition(":")[0]
    except (binascii.Error, ValueError):
        return ""


def _error(status: int, message: str, hint: str = "") -> web.Response:
    return web.json_response({"error": {"message": message, "hint": hint}}, status=status)
