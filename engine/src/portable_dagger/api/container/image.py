"""Container fields of images: from, import, publish, export."""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import shutil
from pathlib import Path

from portable_dagger.api.container.type import CONTAINER
from portable_dagger.api.registry import Scope
from portable_dagger.api.types import EMPTY, enum_type
from portable_dagger.errors import EngineError, QueryError, ServiceError
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Container, File, Secret, Service
from portable_dagger.images import archive, host_store
from portable_dagger.images.archive import Packable
from portable_dagger.images.publish import publish as push
from portable_dagger.images.reference import parse
from portable_dagger.images.registry import Credentials
from portable_dagger.images.resolve import Images, resolve
from portable_dagger.ops.paths import expanded
from portable_dagger.ops.ports import ports_of
from portable_dagger.record.inputs import Account
from portable_dagger.store import edit
from portable_dagger.store.disk import disk_errors
from portable_dagger.store.snapshot import Snapshot

TARBALL = "container.tar"


@enum_type
class ImageLayerCompression(str, enum.Enum):
    """Compression algorithm to use for image layers."""

    Gzip = "Gzip"
    Zstd = "Zstd"
    EStarGZ = "EStarGZ"
    Uncompressed = "Uncompressed"
    GZIP = "Gzip"
    ZSTD = "Zstd"
    ESTARGZ = "EStarGZ"
    UNCOMPRESSED = "Uncompressed"


@enum_type
class ImageMediaTypes(str, enum.Enum):
    """Mediatypes to use in published or exported image metadata."""

    OCIMediaTypes = "OCIMediaTypes"
    DockerMediaTypes = "DockerMediaTypes"
    OCI = "OCIMediaTypes"
    DOCKER = "DockerMediaTypes"


@CONTAINER.field(name="from", scope=Scope.SESSION, step="image", eager=True)
async def from_(
    self: Container, context: Context, *, address: str, registry_service: Service | None = None
) -> Container:
    """Start from an image: own store, then its registry, then a stand-in; it replaces the root file system."""
    progress = context.session.progress
    with progress.span("image", f"from {address}") as span:

        def report(kind: str, text: str) -> None:
            if kind == "warning":
                progress.warning(text)
            else:
                span.log("stderr", text.rstrip("\n") + "\n")

        credentials = await _credentials(self, context, address)
        images = await _images(context, address, registry_service)
        image = await resolve(images, address, self.platform, report, credentials)
        span.cached = image.origin == "store"
        span.account = Account.of(address=address, platform=self.platform)
        span.account.output["image"] = image.digest
    config = image.config.over(self.config)
    return dataclasses.replace(
        self,
        root=image.snapshot,
        config=config,
        ports=ports_of(config, self.ports),
        image_ref=image.full_reference,
        last_exec=None,
    )


@CONTAINER.field()
async def image_ref(self: Container, context: Context) -> str:
    """The full reference of the image that the container was made from."""
    if not self.image_ref:
        raise QueryError(
            "Image reference can only be retrieved immediately after the 'Container.From' call. "
            "Error in fetching imageRef as the container image is changed"
        )
    return self.image_ref


@CONTAINER.field()
async def with_registry_auth(
    self: Container, context: Context, *, address: str, username: str, secret: Secret
) -> Container:
    """Attach credentials for a registry."""
    others = tuple(auth for auth in self.registry_auth if auth[0] != address)
    return dataclasses.replace(self, registry_auth=(*others, (address, username, secret)))


@CONTAINER.field()
async def without_registry_auth(self: Container, context: Context, *, address: str) -> Container:
    """Remove the credentials for a registry."""
    kept = tuple(auth for auth in self.registry_auth if auth[0] != address)
    return dataclasses.replace(self, registry_auth=kept)


@CONTAINER.field()
async def as_tarball(
    self: Container,
    context: Context,
    *,
    platform_variants: list[Container] = EMPTY,
    forced_compression: ImageLayerCompression | None = None,
    media_types: ImageMediaTypes = ImageMediaTypes.OCIMediaTypes,
) -> File:
    """Return the image as an OCI layout in a tar file."""
    path = await asyncio.to_thread(
        _packed, context, [self, *platform_variants], forced_compression, media_types
    )
    try:
        snapshot = await asyncio.to_thread(
            edit.add_file, context.store, Snapshot(), "/" + TARBALL, path
        )
    finally:
        path.unlink(missing_ok=True)
    return File(snapshot, "/" + TARBALL)


def _packed(
    context: Context,
    variants: list[Container],
    compression: ImageLayerCompression | None,
    media_types: ImageMediaTypes,
) -> Path:
    images = [Packable(v.platform, v.config, v.root) for v in variants]
    return archive.pack(
        context.store,
        images,
        compression=compression.name if compression else "Gzip",
        docker=media_types is ImageMediaTypes.DockerMediaTypes,
    )


@CONTAINER.field(name="import")
async def import_(self: Container, context: Context, *, source: File, tag: str = "") -> Container:
    """Read the container from an OCI or docker tar file."""
    image = await asyncio.to_thread(
        archive.unpack, context.store, source.root, source.path, tag, self.platform
    )
    config = image.config.over(self.config)
    return dataclasses.replace(
        self, root=image.snapshot, config=config, ports=ports_of(config, self.ports), image_ref=""
    )


@CONTAINER.field()
async def publish(
    self: Container,
    context: Context,
    *,
    address: str,
    platform_variants: list[Container] = EMPTY,
    forced_compression: ImageLayerCompression | None = None,
    media_types: ImageMediaTypes = ImageMediaTypes.OCIMediaTypes,
    registry_service: Service | None = None,
) -> str:
    """Push the image to a registry."""
    with context.session.progress.span("image", f"publish {address}"):
        return await push(
            await _images(context, address, registry_service),
            address,
            [Packable(v.platform, v.config, v.root) for v in (self, *platform_variants)],
            compression=forced_compression.name if forced_compression else "Gzip",
            docker=media_types is ImageMediaTypes.DockerMediaTypes,
            credentials=await _credentials(self, context, address),
        )


@CONTAINER.field()
async def export(
    self: Container,
    context: Context,
    *,
    path: str,
    platform_variants: list[Container] = EMPTY,
    forced_compression: ImageLayerCompression | None = None,
    media_types: ImageMediaTypes = ImageMediaTypes.OCIMediaTypes,
    expand: bool = False,
) -> str:
    """Write the image as an OCI layout in a tar file to the host; returns the path."""
    target = context.client.on_host(expanded(self, path, expand=expand))
    packed = await asyncio.to_thread(
        _packed, context, [self, *platform_variants], forced_compression, media_types
    )
    with disk_errors(target):
        await asyncio.to_thread(_moved, packed, target)
    return str(target)


@CONTAINER.field()
async def export_image(
    self: Container,
    context: Context,
    *,
    name: str,
    platform_variants: list[Container] = EMPTY,
    forced_compression: ImageLayerCompression | None = None,
    media_types: ImageMediaTypes = ImageMediaTypes.OCIMediaTypes,
) -> None:
    """Put the image into the host's image store, Docker's or podman's, under a name."""
    if not context.client.is_main:
        raise EngineError(f"{name}: functions and nested commands cannot write to the host")
    with context.session.progress.span("image", f"exportImage {name}"):
        await host_store.store(
            context.engine.images,
            name,
            [Packable(v.platform, v.config, v.root) for v in (self, *platform_variants)],
            compression=forced_compression.name if forced_compression else "Gzip",
            docker=media_types is ImageMediaTypes.DockerMediaTypes,
        )


def _moved(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.portable-dagger")
    try:
        shutil.move(source, aside)
        aside.chmod(0o600)
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


async def _images(context: Context, address: str, registry: Service | None) -> Images:
    """Return where images come from and go to: the registries that are named, or a service that stands for one."""
    images = context.engine.images
    if registry is None:
        context.session.check_way_out(f"the registry of {address}")
        return images
    _, _, port = parse(address).registry.rpartition(":")
    if not port.isdecimal():
        if not registry.exposed:
            raise ServiceError(
                f"{address} names no port, and the registry service exposes none",
                "write it as HOST:PORT/NAME, or expose the port with withExposedPort",
            )
        port = str(registry.exposed[0].port)
    return images.at(await context.session.services.place(registry, int(port), context))


async def _credentials(container: Container, context: Context, address: str) -> Credentials | None:
    """Return the credentials that the container has for an address's registry."""
    registry = parse(address).registry
    for host, username, secret in container.registry_auth:
        if host == registry or parse(f"{host}/x").registry == registry:
            text = await context.session.secrets.text(secret, context.client)
            return Credentials(registry, username, text.decode())
    return None
