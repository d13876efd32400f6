"""Publishing: images of the store pushed to a registry."""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.errors import ImageReferenceError
from portable_dagger.images.archive import Packable, write_layout
from portable_dagger.images.reference import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.images.registry import Credentials
    from portable_dagger.images.resolve import Images


async def publish(  # noqa: PLR0913  the arguments of Container.publish
    images: Images,
    address: str,
    packables: Sequence[Packable],
    *,
    compression: str = "Gzip",
    docker: bool = False,
    credentials: Credentials | None = None,
) -> str:
    """Push images of several platforms under one name; return the full name with the digest that it got.

    A name without a tag is pushed as `latest` and answered without a tag, as Dagger does. Raises ImageReferenceError
    for a bad address or one with a digest, ArchiveError, or RegistryError.
    """
    reference = parse(address)
    if reference.digest:
        raise ImageReferenceError(
            f"cannot publish to {address}: a digest follows from the content",
            hint="leave the digest out of the address",
        )
    images.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="push-", dir=images.scratch) as scratch:
        folder = Path(scratch) / "layout"
        await asyncio.to_thread(
            write_layout, images.store, packables, folder, compression=compression, docker=docker
        )
        digest = await images.registries.push(folder, reference, credentials, docker_types=docker)
    return str(dataclasses.replace(reference, digest=digest))
