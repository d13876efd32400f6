"""Container fields of mounts, secrets, sockets and service bindings."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TypeVar

from portable_dagger.api.container.type import CONTAINER
from portable_dagger.errors import EngineError, NotFoundError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import (
    CacheMount,
    CacheSharingMode,
    CacheVolume,
    Container,
    Directory,
    DirectoryMount,
    File,
    Mount,
    Secret,
    SecretMount,
    Service,
    Socket,
    SocketMount,
    TempMount,
)
from portable_dagger.ops.paths import Owner, absolute, owner_of
from portable_dagger.store import edit


def _mounted(container: Container, mount: Mount) -> Container:
    others = tuple(here for here in container.mounts if here.target != mount.target)
    return container.replace(mounts=(*others, mount))


async def _owner(container: Container, context: Context, owner: str) -> Owner | None:
    try:
        return await asyncio.to_thread(owner_of, context.store, container, owner)
    except NotFoundError as error:
        name = owner.partition(":")[0]
        raise NotFoundError(
            f"failed to resolve ownership for {owner}: find uid: no such user: {name}",
            error.message,
        ) from error


Source = TypeVar("Source", Directory, File)


async def _owned(container: Container, context: Context, source: Source, owner: str) -> Source:
    """Return a directory or file that belongs to `owner`, as the container knows that name."""
    numbers = await _owner(container, context, owner)
    if numbers is None:
        return source
    root = await asyncio.to_thread(edit.chown, context.store, source.root, source.path, numbers)
    return dataclasses.replace(source, root=root)


@CONTAINER.field()
async def mounts(self: Container, context: Context) -> list[str]:
    """Retrieve the paths where something is mounted."""
    shown = [m for m in self.mounts if not isinstance(m, SecretMount | SocketMount)]
    return [mount.target for mount in shown]


@CONTAINER.field()
async def with_mounted_directory(
    self: Container,
    context: Context,
    *,
    path: str,
    source: Directory,
    owner: str = "",
    read_only: bool = False,
    expand: bool = False,
) -> Container:
    """Mount a directory; commands may write to it, which changes the mount and not its source."""
    owned = await _owned(self, context, source, owner)
    target = absolute(self, path, expand=expand)
    return _mounted(self, DirectoryMount(target, owned, read_only=read_only))


@CONTAINER.field()
async def with_mounted_file(
    self: Container,
    context: Context,
    *,
    path: str,
    source: File,
    owner: str = "",
    expand: bool = False,
) -> Container:
    """Mount a file at exactly this path."""
    owned = await _owned(self, context, source, owner)
    return _mounted(self, DirectoryMount(absolute(self, path, expand=expand), owned))


@CONTAINER.field()
async def with_mounted_temp(
    self: Container, context: Context, *, path: str, size: int | None = None, expand: bool = False
) -> Container:
    """Mount a temporary file system, empty in every command; size in bytes."""
    return _mounted(self, TempMount(absolute(self, path, expand=expand), size))


@CONTAINER.field()
async def with_mounted_cache(
    self: Container,
    context: Context,
    *,
    path: str,
    cache: CacheVolume,
    source: Directory | None = None,
    sharing: CacheSharingMode = CacheSharingMode.SHARED,
    owner: str = "",
    expand: bool = False,
) -> Container:
    """Mount a cache volume; another source, sharing or owner makes it another volume."""
    numbers = await _owner(self, context, owner)
    volume = dataclasses.replace(
        cache,
        source=source or cache.source,
        sharing=sharing if sharing is not CacheSharingMode.SHARED else cache.sharing,
        owner="{}:{}".format(*numbers) if numbers else cache.owner,
    )
    return _mounted(self, CacheMount(absolute(self, path, expand=expand), volume))


@CONTAINER.field()
async def with_mounted_secret(
    self: Container,
    context: Context,
    *,
    path: str,
    source: Secret,
    owner: str = "",
    mode: int = 0o400,
    expand: bool = False,
) -> Container:
    """Mount a secret's text as a file on a temporary file system."""
    numbers = await _owner(self, context, owner) or (0, 0)
    target = absolute(self, path, expand=expand)
    return _mounted(self, SecretMount(target, source, numbers, mode))


@CONTAINER.field()
async def with_unix_socket(
    self: Container,
    context: Context,
    *,
    path: str,
    source: Socket,
    owner: str = "",
    expand: bool = False,
) -> Container:
    """Mount a unix socket of the host."""
    numbers = await _owner(self, context, owner) or (0, 0)
    return _mounted(self, SocketMount(absolute(self, path, expand=expand), source, numbers))


@CONTAINER.field()
async def without_mount(
    self: Container, context: Context, *, path: str, expand: bool = False
) -> Container:
    """Unmount what is mounted at this path."""
    target = absolute(self, path, expand=expand)
    return self.replace(mounts=tuple(mount for mount in self.mounts if mount.target != target))


@CONTAINER.field()
async def without_unix_socket(
    self: Container, context: Context, *, path: str, expand: bool = False
) -> Container:
    """Unmount a unix socket."""
    target = absolute(self, path, expand=expand)
    kept = [m for m in self.mounts if not (isinstance(m, SocketMount) and m.target == target)]
    return self.replace(mounts=tuple(kept))


@CONTAINER.field()
async def with_service_binding(
    self: Container, context: Context, *, alias: str, service: Service
) -> Container:
    """Make a service reachable as `alias`; it is started before a command that needs it."""
    if service.tunnel is not None:
        raise EngineError(
            f'the service bound as "{alias}" is a tunnel of the host', "bind its service"
        )
    others = tuple(pair for pair in self.services if pair[0] != alias)
    return self.replace(services=(*others, (alias, service)))
