"""What counts in the keys of steps: the content of a container, its mounts and its services."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from portable_dagger.graph.values import (
    CacheMount,
    Container,
    Directory,
    DirectoryMount,
    File,
    Mount,
    SecretMount,
    Service,
    SocketMount,
    TempMount,
)
from portable_dagger.ops.launch import volume_key
from portable_dagger.store import content

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.store.store import Store


async def container_key(container: Container, context: Context) -> dict[str, Any]:
    """Return what of a container a command's result may depend on; labels, ports and the like do not count."""
    return {
        "root": list(container.root.layers),
        "after": container.last_exec.key if container.last_exec else "",
        "platform": container.platform,
        "env": [list(pair) for pair in container.config.env],
        "user": container.config.user,
        "workdir": container.config.workdir,
        "mounts": [await asyncio.to_thread(_mount_key, context.store, m) for m in container.mounts],
        "secrets": [[name, secret.cache_key] for name, secret in container.secret_environment],
        "volatile": sorted(name for name, _ in container.volatile_environment),
        "services": [
            [alias, await _service_key(service, context)] for alias, service in container.services
        ],
    }


async def _service_key(service: Service, context: Context) -> list[Any]:
    """Return what a service is: its container's content and command, not which instance runs it."""
    if service.container is None:
        return [service.identity]
    content = await container_key(service.container, context)
    return [content, list(service.args), service.privileged, service.init, service.nested]


async def content_key(value: Directory | File, context: Context) -> str:
    """Return the digest of a directory's or file's content."""
    return await asyncio.to_thread(_content, context.store, value)


def _content(store: Store, value: Directory | File) -> str:
    return content.content_digest(store, value.root, value.path)


def _mount_key(store: Store, mount: Mount) -> list[Any]:
    match mount:
        case DirectoryMount():
            digest = _content(store, mount.source)
            kind = "file" if isinstance(mount.source, File) else "directory"
            return [kind, mount.target, digest, mount.read_only]
        case CacheMount():
            return ["cache", mount.target, volume_key(mount)]
        case TempMount():
            return ["temp", mount.target, mount.size]
        case SecretMount():
            return ["secret", mount.target, mount.secret.cache_key, list(mount.owner), mount.mode]
        case SocketMount():
            return ["socket", mount.target]
