"""The Host type: what a client may touch of the machine it runs on."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from portable_dagger.api.container.execution import hostname
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.api.service import PortForward
from portable_dagger.api.types import EMPTY
from portable_dagger.errors import EngineError, NotFoundError, QueryError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import (
    Container,
    Directory,
    File,
    HostPorts,
    NetworkProtocol,
    PortPair,
    Service,
    Socket,
    Tunnel,
    Value,
)
from portable_dagger.images import archive, host_store
from portable_dagger.ops.ports import ports_of
from portable_dagger.record.inputs import Account, Files
from portable_dagger.store import edit
from portable_dagger.store.filter import Filter
from portable_dagger.store.host import import_directory, import_file
from portable_dagger.store.snapshot import Snapshot

HOST = ObjectType("Host", "Information about the host environment.")


class Host(Value):
    """The host of a client."""

    api_type = "Host"


@QUERY.field(scope=Scope.CLIENT)
async def host(self: object, context: Context) -> Host:
    """Query the host environment."""
    return Host()


def _on_host(context: Context, path: str) -> Path:
    if path.startswith("~/") and context.client.is_main:
        return context.session.home() / path[2:]
    return context.client.on_host(path)


@HOST.field(scope=Scope.CLIENT, step="host")
async def directory(
    self: Host,
    context: Context,
    *,
    path: str,
    exclude: list[str] = EMPTY,
    include: list[str] = EMPTY,
    no_cache: bool = False,
    gitignore: bool = False,
) -> Directory:
    """Access a directory on the host."""
    select = Filter(tuple(include), tuple(exclude), gitignore=gitignore)
    found = _on_host(context, path)
    with context.session.progress.span("host", f"host.directory {path}") as span:
        root = await asyncio.to_thread(import_directory, context.store, found, select)
        span.account = Account.of(path=str(found), include=include, exclude=exclude)
        span.account.output["files"] = Files(root.layers)
    return Directory(root)


@HOST.field(scope=Scope.CLIENT, step="host")
async def file(self: Host, context: Context, *, path: str, no_cache: bool = False) -> File:
    """Access a file on the host."""
    found = _on_host(context, path)
    with context.session.progress.span("host", f"host.file {path}") as span:
        root, inner = await asyncio.to_thread(import_file, context.store, found)
        span.account = Account.of(path=str(found))
        span.account.output["files"] = Files(root.layers, inner)
    return File(root, inner)


@HOST.field()
async def find_up(self: Host, context: Context, *, name: str, no_cache: bool = False) -> str | None:
    """Search a name upwards from the working directory; answers its path, or null."""
    start = context.client.workdir
    for folder in (start, *(start.parents if context.client.is_main else ())):
        if (folder / name).exists():
            return str(folder / name)
    return None


@HOST.field(scope=Scope.CLIENT)
async def unix_socket(self: Host, context: Context, *, path: str) -> Socket:
    """Access a unix socket on the host."""
    found = _on_host(context, path)
    if not found.is_socket():
        raise NotFoundError(f"{path} is no unix socket")
    return Socket(str(found), context.client.id)


@HOST.field(scope=Scope.CLIENT)
async def service(
    self: Host, context: Context, *, ports: list[PortForward], host: str = "localhost"
) -> Service:
    """Make ports of the host a service; only the session's own client may."""
    if not context.client.is_main:
        raise EngineError(
            "functions and nested commands cannot make services of the host",
            "take a Service as an argument, and pass it as tcp://HOST:PORT on the command line",
        )
    if not ports:
        raise QueryError("no ports specified", "name the ports that the host serves")
    for port in ports:
        if port.protocol is not NetworkProtocol.TCP:
            raise EngineError(f"port {port.backend}/udp of the host: only TCP can be a service")
    pairs = tuple(PortPair(p.frontend or p.backend, p.backend, p.protocol) for p in ports)
    return _made(context, host=HostPorts(host, pairs))


@HOST.field(scope=Scope.CLIENT)
async def tunnel(
    self: Host,
    context: Context,
    *,
    service: Service,
    native: bool = False,
    ports: list[PortForward] = EMPTY,
) -> Service:
    """Make a service reachable on ports of the host, once it is started."""
    return _made(context, tunnel=Tunnel(service, tuple(p.pair() for p in ports), native))


@HOST.field(scope=Scope.CALL)
async def container_image(self: Host, context: Context, *, name: str) -> Container:
    """Load an image of the host's image store, Docker's or podman's."""
    if not context.client.is_main:
        raise QueryError(f"{name}: functions and nested commands cannot read the host's images")
    engine = context.engine
    engine.images.scratch.mkdir(parents=True, exist_ok=True)
    with (
        context.session.progress.span("host", f"host.containerImage {name}"),
        tempfile.TemporaryDirectory(dir=engine.images.scratch) as scratch,
    ):
        path = await host_store.fetch(engine.images, name, Path(scratch))
        root = await asyncio.to_thread(edit.add_file, context.store, Snapshot(), "/image.tar", path)
    image = await asyncio.to_thread(
        archive.unpack, context.store, root, "/image.tar", "", engine.platform
    )
    ports = ports_of(image.config, ())
    return Container(engine.platform, image.snapshot, image.config, ports=ports)


def _made(
    context: Context, *, host: HostPorts | None = None, tunnel: Tunnel | None = None
) -> Service:
    assert context.recipe is not None
    identity = context.recipe.digest
    return Service(identity, hostname=hostname(identity), host=host, tunnel=tunnel)
