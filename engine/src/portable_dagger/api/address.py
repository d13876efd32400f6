"""The Address type: texts that name objects, as command line flags give them."""

from __future__ import annotations

import re

from portable_dagger.api.container.image import from_
from portable_dagger.api.host import Host, unix_socket
from portable_dagger.api.host import directory as host_directory
from portable_dagger.api.host import file as host_file
from portable_dagger.api.host import service as host_service
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.api.service import PortForward
from portable_dagger.api.types import EMPTY
from portable_dagger.errors import EngineError, NotFoundError, QueryError
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import Address
from portable_dagger.graph.values import (
    Container,
    Directory,
    File,
    NetworkProtocol,
    Secret,
    Service,
    Socket,
)

ADDRESS = ObjectType(
    "Address",
    "A standardized address to load containers, directories, secrets, and other object types.",
)

_SERVICE = re.compile(r"(tcp|udp)://([^:/]+):(\d+)")
_GIT = re.compile(r"(https?|ssh|git)://|[\w.-]+@[\w.-]+:")


@QUERY.field()
async def address(self: object, context: Context, *, value: str) -> Address:
    """Initialize an address to load containers, directories, secrets or other object types."""
    return Address(value)


@ADDRESS.field()
async def value(self: Address, context: Context) -> str:
    """The address value."""
    return self.value


@ADDRESS.field(scope=Scope.CALL)
async def container(self: Address, context: Context) -> Container:
    """Load a container from an image address."""
    return await from_(Container(platform=context.engine.platform), context, address=self.value)  # type: ignore[no-any-return]


def _local(address: Address) -> str:
    if _GIT.match(address.value):
        raise EngineError(
            f"{address.value}: git addresses are not supported by the embedded engine yet",
            "clone it and name the folder",
        )
    return address.value.removeprefix("file://")


@ADDRESS.field(scope=Scope.CLIENT)
async def directory(
    self: Address,
    context: Context,
    *,
    exclude: list[str] = EMPTY,
    include: list[str] = EMPTY,
    gitignore: bool = False,
    no_cache: bool = False,
) -> Directory:
    """Load a directory of the host."""
    return await host_directory(  # type: ignore[no-any-return]
        Host(),
        context,
        path=_local(self),
        exclude=exclude,
        include=include,
        gitignore=gitignore,
        no_cache=no_cache,
    )


@ADDRESS.field(scope=Scope.CLIENT)
async def file(
    self: Address,
    context: Context,
    *,
    exclude: list[str] = EMPTY,
    include: list[str] = EMPTY,
    gitignore: bool = False,
    no_cache: bool = False,
) -> File:
    """Load a file of the host."""
    return await host_file(Host(), context, path=_local(self), no_cache=no_cache)  # type: ignore[no-any-return]


@ADDRESS.field(scope=Scope.CALL)
async def secret(self: Address, context: Context) -> Secret:
    """Load a secret from env://NAME, file://PATH or cmd://COMMAND; a `?cacheKey=` may follow."""
    uri, _, cache_key = self.value.partition("?cacheKey=")
    if "://" not in uri:
        kind, found, name = uri.partition(":")
        uri = f"{kind}://{name}" if found else f"env://{uri}"
        context.session.progress.warning(f"{self.value} is an old form of a secret: write {uri}")
    found_secret = await context.session.secrets.from_uri(uri, cache_key or None, context.client)
    text = await context.session.secrets.text(found_secret)
    if uri.startswith(("file://", "cmd://")) and not text:
        raise NotFoundError(f"secret {uri} is empty")
    return found_secret


@ADDRESS.field(scope=Scope.SESSION)
async def service(self: Address, context: Context) -> Service:
    """Load a service of the host from tcp://HOST:PORT or udp://HOST:PORT."""
    match = _SERVICE.fullmatch(self.value)
    if match is None:
        raise QueryError(f"{self.value} is no service address", "write it as tcp://HOST:PORT")
    port = PortForward(int(match[3]), int(match[3]), NetworkProtocol[match[1].upper()])
    return await host_service(Host(), context, ports=[port], host=match[2])  # type: ignore[no-any-return]


@ADDRESS.field(scope=Scope.CLIENT)
async def socket(self: Address, context: Context) -> Socket:
    """Load a unix socket of the host."""
    return await unix_socket(Host(), context, path=self.value.removeprefix("unix://"))  # type: ignore[no-any-return]
