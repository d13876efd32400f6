"""Finds the image that a reference names: in the own store, in its registry, or as a stand-in.

A digest that the store knows is answered from it. A tag is asked of its registry each time, since tags move; the
layers come from the store where it has them. If the registry does not answer, what it said last time holds, with a
note, and after that a stand-in. A stand-in never answers for a digest, but for the one that it has itself.
"""

from __future__ import annotations

import asyncio
import copy
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from portable_dagger.errors import ImageUnavailableError, RegistryError
from portable_dagger.graph.sharing import Sharing
from portable_dagger.images import platform as platforms
from portable_dagger.images import standins
from portable_dagger.images.config import ImageConfig
from portable_dagger.images.layers import unpack_layers
from portable_dagger.images.layout import local_digest
from portable_dagger.images.reference import Reference, parse
from portable_dagger.images.registry import Credentials, Registries, RemoteImage
from portable_dagger.images.standin import Report, StandIns
from portable_dagger.images.standins import foreign
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from portable_dagger.images.platform import Platform
    from portable_dagger.store.store import Store

Origin = Literal["store", "registry", "stand-in"]


@dataclass(frozen=True, slots=True)
class Image:
    """An image of one platform.

    `reference` is the full form of the name that was asked for, `digest` what it led to (a stand-in has one of its
    own); `note` says what a user should know of where it came from, "" for nothing.
    """

    reference: Reference
    digest: str
    config: ImageConfig
    snapshot: Snapshot
    origin: Origin
    note: str = ""

    @property
    def full_reference(self) -> str:
        """The reference with tag and digest, as `imageRef` answers it."""
        return str(self.reference.with_digest(self.digest))


class Images:
    """The images that an engine can get; `network` is the network namespace for registries, None for the own one."""

    def __init__(self, store: Store, state: Path, network: Path | None = None) -> None:
        self.store = store
        self.scratch = state / "run"
        self.registries = Registries(network)
        self._stand_ins = StandIns(store)
        self._sharing = Sharing()

    def at(self, endpoint: str) -> Images:
        """Return these images as a service at host:port has them, which stands for every registry."""
        made = copy.copy(self)
        made.registries = self.registries.at(endpoint)
        return made

    async def resolve(
        self,
        reference: Reference,
        platform: Platform,
        report: Report,
        credentials: Credentials | None = None,
    ) -> Image:
        """Find an image; ImageUnavailableError, naming what was tried, if nothing has it."""
        known = await self._recall(reference.digest, reference, platform)
        if known is not None:
            return known
        try:
            remote = await self.registries.find(reference, platform, credentials)
        except RegistryError as error:
            return await self._without_registry(reference, platform, report, error)
        kept = await self._recall(remote.digest, reference, platform)
        if kept is not None:
            return kept
        pulled: Image = await self._sharing.once(
            (remote.digest, str(platform)),
            lambda: self._pull(remote, reference, platform, report, credentials),
        )
        return pulled

    async def _without_registry(
        self, reference: Reference, platform: Platform, report: Report, error: RegistryError
    ) -> Image:
        """Find an image where its registry does not give it."""
        if self.registries.endpoint:
            # What a name meant elsewhere or before says nothing of what this service has under it.
            raise ImageUnavailableError(
                f'failed to resolve image "{reference}" (platform: "{platform}"): {reference}: '
                f"{error.message}",
                hint="look at what the registry service has, and at the address that it was asked for",
            )
        before = await self._recall(str(reference), reference, platform)
        if before is not None:
            report("warning", f"{reference.familiar}: {before.note}")
            return before
        tried = [f"own store: not there; registry: {error.message}"]
        stand_in = standins.find(reference)
        if reference.digest:
            tried.append("stand-in: none ever answers for a digest")
        elif stand_in is None:
            tried.append("stand-in: none for this name")
        elif platform != platforms.default() and not foreign.is_possible(platform):
            tried.append(
                "stand-in: only for linux/amd64, linux/arm64 and the platform of this machine"
            )
        else:
            if platform != platforms.default():
                stand_in = foreign.stand_in_for(platform, stand_in)
            built = await self._stand_ins.build(stand_in, report)
            note = f"stand-in ({built.note}): {reference.registry} does not give the image"
            image = Image(
                reference,
                local_digest(platform, built.config, built.snapshot.layers),
                built.config,
                built.snapshot,
                "stand-in",
                note,
            )
            await self._remember(image, platform, [image.digest])
            report("warning", f"{reference.familiar} is a {note}")
            return image
        raise ImageUnavailableError(
            f'failed to resolve image "{reference}" (platform: "{platform}"): {reference}: not found'
            f" ({'; '.join(tried)})",
            hint=f"make its registry reachable, or use a name that has a stand-in: {standins.NAMES}",
        )

    async def _pull(
        self,
        remote: RemoteImage,
        reference: Reference,
        platform: Platform,
        report: Report,
        credentials: Credentials | None,
    ) -> Image:
        report("image", f"pulling {remote.reference}")
        self.scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="pull-", dir=self.scratch) as scratch:
            folder = Path(scratch) / "layout"
            layout, found = await self.registries.pull(remote, folder, credentials)
            snapshot = await asyncio.to_thread(
                unpack_layers, self.store, layout, found, str(reference)
            )
        image = Image(reference, remote.digest, remote.manifest.config, snapshot, "registry")
        names = [remote.digest] if self.registries.endpoint else [remote.digest, str(reference)]
        # What only credentials give is for those who have them.
        await self._remember(image, platform, names, public=credentials is None)
        return image

    async def _remember(
        self, image: Image, platform: Platform, names: list[str], *, public: bool = True
    ) -> None:
        value = {
            "digest": image.digest,
            "config": image.config.to_json(),
            "annotations": dict(image.config.annotations),
            "layers": list(image.snapshot.layers),
            "note": image.note,
        }
        for name in names:
            await asyncio.to_thread(
                self.store.put_step,
                _key(name, platform),
                value,
                image.snapshot.layers,
                portable=public,
            )

    async def _recall(self, name: str, reference: Reference, platform: Platform) -> Image | None:
        """Return what the store has under a digest or a reference."""
        if not name:
            return None
        value = await asyncio.to_thread(self.store.get_step, _key(name, platform))
        if value is None:
            return None
        stale = "its registry does not answer; this is what it gave last time"
        return Image(
            reference,
            value["digest"],
            ImageConfig.from_json(value["config"], value["annotations"]),
            Snapshot(tuple(value["layers"])),
            "store",
            value["note"] or (stale if name == str(reference) else ""),
        )


def _key(name: str, platform: Platform) -> str:
    return f"image:{name}:{platform}"


async def resolve(
    images: Images,
    address: str,
    platform: str,
    report: Report,
    credentials: Credentials | None = None,
) -> Image:
    """Find the image that an address in its short or full form names, for a platform such as `linux/amd64`.

    Raises ImageReferenceError, PlatformError or ImageUnavailableError.
    """
    return await images.resolve(
        parse(address).tagged(), platforms.parse(platform), report, credentials
    )
