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
from portable_dagger.record.inputs import Files, Hidden, Inputs
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


def origin_inputs(container: Container, key: dict[str, Any], store: Store) -> dict[str, Any]:
    """Return the same without what differs from machine to machine: names of layers, and the hashes of secrets."""
    return {
        **{name: key[name] for name in ("platform", "env", "user", "workdir", "volatile")},
        "mounts": [
            (
                [mount.target, mount.secret.name or mount.secret.uri]
                if isinstance(mount, SecretMount)
                else facts
            )
            for mount, facts in zip(container.mounts, key["mounts"], strict=True)
        ],
        "secrets": [
            [name, secret.name or secret.uri] for name, secret in container.secret_environment
        ],
        "services": [
            [
                alias,
                list(service.args),
                [store.origins.of(d) for d in service.container.root.layers],
            ]
            for alias, service in container.services
            if service.container is not None
        ],
    }


def sees_secrets(container: Container, store: Store) -> bool:
    """Whether a command in the container may get to know a secret: its own, its services', or one in its files."""
    layers = list(container.root.layers)
    for mount in container.mounts:
        match mount:
            case SecretMount():
                return True
            case DirectoryMount():
                layers += mount.source.root.layers
    return (
        bool(container.secret_environment)
        or any(
            service.container is not None and sees_secrets(service.container, store)
            for _, service in container.services
        )
        or store.facts.private(layers)
    )


def named_inputs(container: Container, key: dict[str, Any]) -> Inputs:
    """Return the same by name for the record of runs; `key` is the container's key."""
    found: Inputs = {
        "root": Files(container.root.layers),
        **{f"env {name}": value for name, value in container.config.env},
        **{
            f"secret {name}": Hidden(secret.cache_key)
            for name, secret in container.secret_environment
        },
    }
    for mount, facts in zip(container.mounts, key["mounts"], strict=True):
        name = f"mount {mount.target}"
        match mount:
            case DirectoryMount():
                found[name] = Files(mount.source.root.layers, mount.source.path, facts[2])
                found[f"{name} read-only"] = mount.read_only
            case SecretMount():
                found[name] = Hidden(mount.secret.cache_key)
            case CacheMount():
                found[name] = f"cache volume {mount.volume.key} of {mount.volume.namespace}"
            case _:
                found[name] = facts
    for (alias, service), (_, facts) in zip(container.services, key["services"], strict=True):
        if service.container is None:
            found[f"service {alias}"] = facts
            continue
        inner = {"args": list(service.args), **named_inputs(service.container, facts[0])}
        found |= {f"service {alias}: {name}": value for name, value in inner.items()}
    for name in ("user", "workdir", "platform", "after", "volatile"):
        if key[name]:
            found[name] = key[name]
    return found


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
