"""The building of images: which layers they are made of, each packed once for all images that have it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import dagger
from dagger import dag

from ci import artifact, image, layer, lock, python, system
from ci.image_settings import VARIANTS_TABLE, ArtifactSettings, ImageSettings, VariantSettings
from ci.layer import Layer, LayerPlan
from ci.program import IMAGE as TOOLS
from ci.together import together

_UNREADABLE: Final = ("*/__pycache__", "*.pyc")

Packages = dict[tuple[str, str], dagger.Directory]
"""Unpacked wheels by the path of their lock and the platform."""

Stack = tuple[VariantSettings, str, list[Layer]]
"""The layers of an image of a variant and platform, the lowest first."""

_COPIED: Final = "/copied"
_COPY: Final = 'mkdir --parents "$1" && cp --archive "$0/." "$1"'
"""Copies what is mounted: the result of a command is that of its input's content, whatever else the source has."""


@dataclass(frozen=True, slots=True)
class Builder:
    """What all images share. With another `repeat`, everything is made again whatever is cached."""

    settings: ImageSettings
    source: dagger.Directory
    native: str
    """The machine's own platform, on which the artifact is made."""

    artifact: dagger.Directory | None = None
    repeat: str = ""

    async def build(self, wanted: Sequence[tuple[VariantSettings, str]]) -> list[Stack]:
        """Build the layers of variants and platforms side by side; each that they share is packed once."""
        system, packages = await asyncio.gather(self._systems(wanted), self._packages(wanted))
        plans: dict[str, tuple[LayerPlan, dagger.Directory]] = {}
        stacks = []
        shared = await self._shared(packages)
        for variant, platform in wanted:
            # Lowest first, by names that equal layers of two images share.
            stack = {f"system {platform}": system[platform]}
            plan = LayerPlan(
                f"the wheels of {variant.requirements}",
                artifact.PACKAGES,
                without=(*self.settings.prune, *_UNREADABLE),
            )
            made = packages[variant.requirements, platform]
            stack[f"packages {variant.name} {platform}"] = (plan, made)
            stack |= shared
            plans |= stack
            stacks.append((variant, platform, tuple(stack)))
        layers = await together(
            [layer.pack(plan, folder, repeat=self.repeat) for plan, folder in plans.values()]
        )
        packed = dict(zip(plans, layers, strict=True))
        return [
            (variant, platform, [packed[name] for name in names])
            for variant, platform, names in stacks
        ]

    async def unpacked(self, variant: VariantSettings) -> dagger.Container:
        """Return what the native image of a variant holds, above its base and not packed: an edit needs no layers."""
        packages = await self._packages([(variant, self.native)])
        container = dag.container().from_(self.settings.base)
        for name, value in image.environment(self.settings, variant):
            container = container.with_env_variable(name, value)
        wheels = packages[variant.requirements, self.native]
        container = container.with_directory(artifact.PACKAGES, wheels)
        copied = {}
        if self.settings.artifact is not None:
            copied[self.settings.artifact.path] = await self._artifact(
                self.settings.artifact, packages
            )
        # Last, so that an edit changes nothing below it.
        copied[self.settings.folder] = self.application()
        for target, directory in copied.items():
            container = (
                container.with_mounted_directory(_COPIED, directory)
                .with_exec(["sh", "-c", _COPY, _COPIED, target])
                .without_mount(_COPIED)
            )
        return container.with_workdir(self.settings.folder)

    def application(self) -> dagger.Directory:
        """Return the application's files."""
        return self.source.filter(
            include=[*self.settings.include], exclude=[*self.settings.exclude]
        )

    async def _systems(
        self, wanted: Sequence[tuple[VariantSettings, str]]
    ) -> dict[str, tuple[LayerPlan, dagger.Directory]]:
        """Return the lowest layer of each platform."""
        platforms = list(dict.fromkeys(platform for _, platform in wanted))
        settings = self.settings
        bases = [
            dag.container(platform=dagger.Platform(platform)).from_(settings.base)
            for platform in platforms
        ]
        files = await together([system.files(base, settings.user) for base in bases])
        plan = system.plan(settings.base)
        return {platform: (plan, found) for platform, found in zip(platforms, files, strict=True)}

    async def _packages(self, wanted: Sequence[tuple[VariantSettings, str]]) -> Packages:
        """Return the unpacked wheels of each lock and platform that layers or the artifact are made of."""
        pairs = [*wanted]
        if self.settings.artifact is not None and self.artifact is None:
            pairs.append((self.settings.variant(self.settings.artifact.variant), self.native))
        keys = {variant.requirements: variant.name for variant, _ in pairs}
        locks = await together(
            [
                lock.read(self.source, path, f"{VARIANTS_TABLE}.{name}.requirements")
                for path, name in keys.items()
            ]
        )
        read = dict(zip(keys, locks, strict=True))
        places = dict.fromkeys((variant.requirements, platform) for variant, platform in pairs)
        unpacked = await together(
            [
                python.packages(
                    TOOLS,
                    read[path],
                    platform=platform,
                    version=self.settings.python,
                    repeat=self.repeat,
                )
                for path, platform in places
            ]
        )
        return dict(zip(places, unpacked, strict=True))

    async def _shared(self, packages: Packages) -> dict[str, tuple[LayerPlan, dagger.Directory]]:
        """Return the layers that all images have."""
        settings = self.settings
        layers = {}
        if settings.artifact is not None:
            plan = LayerPlan(" ".join(settings.artifact.command), settings.artifact.path)
            layers["artifact"] = (plan, await self._artifact(settings.artifact, packages))
        plan = LayerPlan("the application's files", settings.folder, without=_UNREADABLE)
        layers["application"] = (plan, self.application())
        return layers

    async def _artifact(self, wanted: ArtifactSettings, packages: Packages) -> dagger.Directory:
        if self.artifact is not None:
            return self.artifact
        variant = self.settings.variant(wanted.variant)
        application = self.application()
        if wanted.include:
            application = application.filter(include=[*wanted.include])
        return await artifact.make(
            self.settings,
            wanted,
            application,
            packages[variant.requirements, self.native],
            repeat=self.repeat,
        )
