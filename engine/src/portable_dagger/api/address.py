"""The Address type: texts that name objects, as command line flags give them."""

from __future__ import annotations

import dataclasses
import os
import re

from portable_dagger.api.container.image import from_
from portable_dagger.api.git import head, ref
from portable_dagger.api.host import Host, unix_socket
from portable_dagger.api.host import directory as host_directory
from portable_dagger.api.host import file as host_file
from portable_dagger.api.host import service as host_service
from portable_dagger.api.query import QUERY
from portable_dagger.api.registry import ObjectType, Scope
from portable_dagger.api.service import PortForward
from portable_dagger.api.types import EMPTY
from portable_dagger.errors import NotFoundError, QueryError
from portable_dagger.graph.context import Context
from portable_dagger.graph.records import Address
from portable_dagger.graph.sources import GitRef, GitRepository
from portable_dagger.graph.values import (
    Container,
    Directory,
    File,
    NetworkProtocol,
    Secret,
    Service,
    Socket,
)
from portable_dagger.ops import git_address
from portable_dagger.ops.git import REMOTE
from portable_dagger.ops.git import tree as git_tree
from portable_dagger.ops.paths import below
from portable_dagger.store.copy import copy
from portable_dagger.store.filter import Filter
from portable_dagger.store.snapshot import Snapshot
from portable_dagger.store.tree import Tree

ADDRESS = ObjectType(
    "Address",
    "A standardized address to load containers, directories, secrets, and other object types.",
)

_SERVICE = re.compile(r"(tcp|udp)://([^:/]+):(\d+)")


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


def _git(address: Address, context: Context) -> GitRepository:
    url = git_address.parse(address.value).url
    if context.client.is_main and "://" not in url and not REMOTE.match(url):
        # Whoever evaluates it later works in another folder.
        url = os.path.normpath(context.client.workdir / url)
    return GitRepository(url, of_main_client=context.client.is_main)


async def _git_tree(address: Address, context: Context, select: Filter) -> Directory:
    parsed = git_address.parse(address.value)
    ref = await git_ref_of(address, context)
    tree = await git_tree(ref, context, depth=1, tags=False, discard_git_dir=True)
    inside = dataclasses.replace(tree, path=below(tree.path, parsed.folder))
    if not select:
        return inside
    copied = copy(context.store, Snapshot(), "/", inside.root, inside.path, select=select)
    return Directory(copied)


async def git_ref_of(address: Address, context: Context) -> GitRef:
    """Return the ref that an address names, its repository's head if it names none."""
    repository, name = _git(address, context), git_address.parse(address.value).ref
    if not name:
        return await head(repository, context)  # type: ignore[no-any-return]
    return await ref(repository, context, name=name)  # type: ignore[no-any-return]


@ADDRESS.field(scope=Scope.CLIENT)
async def git_repository(self: Address, context: Context) -> GitRepository:
    """Load a git repository from a URL, or from a folder of the host."""
    return _git(self, context)


@ADDRESS.field(scope=Scope.CLIENT)
async def git_ref(self: Address, context: Context) -> GitRef:
    """Load a ref from URL#REF; the repository's head without one."""
    return await git_ref_of(self, context)


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
    """Load a directory of the host, or of a repository: URL#REF:FOLDER."""
    if git_address.is_git(self.value):
        select = Filter(tuple(include), tuple(exclude), gitignore=gitignore)
        return await _git_tree(self, context, select)
    return await host_directory(  # type: ignore[no-any-return]
        Host(),
        context,
        path=self.value.removeprefix("file://"),
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
    """Load a file of the host, or of a repository: URL#REF:FILE."""
    if git_address.is_git(self.value):
        found = await _git_tree(self, context, Filter())
        entry = Tree(context.store.layer_paths(found.root)).lookup(found.path)
        if entry is None or not entry.is_file:
            raise NotFoundError(f"{self.value}: there is no such file", "write it as URL#REF:FILE")
        return File(found.root, found.path)
    path = self.value.removeprefix("file://")
    return await host_file(Host(), context, path=path, no_cache=no_cache)  # type: ignore[no-any-return]


@ADDRESS.field(scope=Scope.CALL)
async def secret(self: Address, context: Context) -> Secret:
    """Load a secret from env://NAME, file://PATH or cmd://COMMAND; a `?cacheKey=` may follow."""
    uri, _, cache_key = self.value.partition("?cacheKey=")
    if "://" not in uri:
        kind, found, name = uri.partition(":")
        uri = f"{kind}://{name}" if found else f"env://{uri}"
        context.session.progress.warning(f"{self.value} is an old form of a secret: write {uri}")
    found_secret = await context.session.secrets.from_uri(uri, cache_key or None, context.client)
    text = await context.session.secrets.text(found_secret, context.client)
    if uri.startswith(("file://", "cmd://")) and not text:
        raise NotFoundError(f"secret {uri} is empty")
    return found_secret


@ADDRESS.field(scope=Scope.CLIENT)
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
