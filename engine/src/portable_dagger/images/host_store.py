"""The image store of the host: Docker's, or podman's. skopeo speaks to both."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.errors import RegistryError
from portable_dagger.images.archive import Packable, write_layout
from portable_dagger.images.reference import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from portable_dagger.images.resolve import Images

SOCKET = "/var/run/docker.sock"
ARCHIVE = "image.tar"


def transport(environment: Mapping[str, str] = os.environ) -> str:
    """Return skopeo's name for the host's store; RegistryError when there is none."""
    if environment.get("DOCKER_HOST") or Path(SOCKET).is_socket():
        return "docker-daemon"
    if shutil.which("podman") is not None:
        return "containers-storage"
    raise RegistryError(
        "this host has no image store: no Docker engine answers, and podman is not installed",
        "apt-get install podman, or export the image to a file",
    )


async def store(
    images: Images, name: str, packables: Sequence[Packable], *, compression: str, docker: bool
) -> None:
    """Put an image into the host's store under a name; it takes the host's platform."""
    to = transport()
    images.scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="store-", dir=images.scratch) as scratch:
        folder = Path(scratch) / "layout"
        await asyncio.to_thread(
            write_layout, images.store, packables, folder, compression=compression, docker=docker
        )
        await images.registries.copy(f"oci:{folder}", f"{to}:{parse(name).tagged()}")


async def fetch(images: Images, name: str, folder: Path) -> Path:
    """Write an image of the host's store into a folder, as an OCI layout in a tar file; returns its path."""
    path = folder / ARCHIVE
    await images.registries.copy(f"{transport()}:{parse(name).tagged()}", f"oci-archive:{path}")
    return path
