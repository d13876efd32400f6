"""Images: one a variant and platform, out of layers that they share; the same commit gives the same digests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import dagger
from dagger import dag

from ci import artifact, layer, oci, python, system
from ci.errors import SettingsError
from ci.image_settings import (
    IMAGE_TABLE,
    VARIANTS_TABLE,
    ArtifactSettings,
    ImageSettings,
    VariantSettings,
)
from ci.layer import Layer, LayerPlan
from ci.program import IMAGE as TOOLS
from ci.revision import Revision
from ci.settings import FILE
from ci.together import together

_ANNOTATION: Final = "org.opencontainers.image"
_UNREADABLE: Final = ("*/__pycache__", "*.pyc")
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Image:
    """An image of one variant and platform: its documents and layers."""

    variant: str
    platform: str
    config: oci.Document
    manifest: oci.Document
    layers: tuple[Layer, ...]

    @property
    def name(self) -> str:
        """The variant and the architecture, such as cpu-amd64."""
        return f"{self.variant}-{self.platform.partition('/')[2].replace('/', '-')}"

    @property
    def descriptor(self) -> oci.Descriptor:
        """What an index holds of this image."""
        return oci.describe(self.manifest, platform=self.platform)

    @property
    def unpacked(self) -> int:
        """The size of its files in bytes."""
        return sum(packed.unpacked for packed in self.layers)


@dataclass(frozen=True, slots=True)
class Builder:
    """What all images share. With another `repeat`, everything is made again whatever is cached."""

    settings: ImageSettings
    revision: Revision
    source: dagger.Directory
    native: str
    """The machine's own platform, on which the artifact is made."""

    artifact: dagger.Directory | None = None
    repeat: str = ""

    async def build(self, wanted: Sequence[tuple[VariantSettings, str]]) -> tuple[Image, ...]:
        """Build the images of variants and platforms side by side; each layer that they share is packed once."""
        plans: dict[str, tuple[LayerPlan, dagger.Directory]] = {}
        stacks = []
        for variant, platform in wanted:
            stack = await self._stack(variant, platform)
            plans |= stack
            stacks.append((variant, platform, tuple(stack)))
        made = await together(
            [layer.pack(plan, folder, repeat=self.repeat) for plan, folder in plans.values()]
        )
        packed = dict(zip(plans, made, strict=True))
        return tuple(
            self._image(variant, platform, [packed[name] for name in names])
            for variant, platform, names in stacks
        )

    async def _stack(
        self, variant: VariantSettings, platform: str
    ) -> dict[str, tuple[LayerPlan, dagger.Directory]]:
        """Return the layers of an image, lowest first, by names that equal layers of two images share."""
        settings = self.settings
        base = dag.container(platform=dagger.Platform(platform)).from_(settings.base)
        files = await system.files(base, settings.user)
        packages = await self._packages(variant, platform)
        stack = {
            f"system {platform}": (system.plan(settings.base), files),
            f"packages {variant.name} {platform}": (
                LayerPlan(
                    f"the wheels of {variant.requirements}",
                    artifact.PACKAGES,
                    without=(*settings.prune, *_UNREADABLE),
                ),
                packages,
            ),
        }
        if settings.artifact is not None:
            plan = LayerPlan(" ".join(settings.artifact.command), settings.artifact.path)
            stack["artifact"] = (plan, await self._artifact(settings.artifact))
        plan = LayerPlan("the application's files", settings.folder, without=_UNREADABLE)
        stack["application"] = (plan, self.application())
        return stack

    def application(self) -> dagger.Directory:
        """Return the application's files."""
        return self.source.filter(
            include=[*self.settings.include], exclude=[*self.settings.exclude]
        )

    async def _packages(self, variant: VariantSettings, platform: str) -> dagger.Directory:
        if not await self.source.exists(variant.requirements):
            raise SettingsError(
                f"{VARIANTS_TABLE}.{variant.name}.requirements in {FILE} names "
                f"{variant.requirements!r}, which is not in the source",
                "Name the lock file, by its path below the repository's root.",
            )
        # A file that is its content and nothing else: other edits of the source install nothing.
        content = await self.source.file(variant.requirements).contents()
        return await python.packages(
            TOOLS,
            await dag.file("requirements.txt", content).sync(),
            platform=platform,
            version=self.settings.python,
            repeat=self.repeat,
        )

    async def _artifact(self, wanted: ArtifactSettings) -> dagger.Directory:
        if self.artifact is not None:
            return self.artifact
        variant = self.settings.variant(wanted.variant)
        packages = await self._packages(variant, self.native)
        application = self.application()
        if wanted.include:
            application = application.filter(include=[*wanted.include])
        return await artifact.make(self.settings, wanted, application, packages, repeat=self.repeat)

    def _image(self, variant: VariantSettings, platform: str, layers: list[Layer]) -> Image:
        settings, revision = self.settings, self.revision
        entries = [packed.entry for packed in layers]
        about = labels(settings, revision)
        environment = {
            "PATH": _PATH,
            "LANG": "C.UTF-8",
            "PYTHONPATH": artifact.PACKAGES,
            "PYTHONUNBUFFERED": "1",
            # Its files cannot be written, and bytecode is nowhere else looked for.
            "PYTHONDONTWRITEBYTECODE": "1",
            **dict(settings.environment),
            **dict(variant.environment),
        }
        config = oci.config(
            oci.Config(
                platform=platform,
                created=revision.created,
                user=f"{settings.user}:{settings.user}",
                environment=tuple(environment.items()),
                command=settings.command,
                folder=settings.folder,
                port=settings.port,
                health=settings.health,
                labels=tuple(about.items()),
            ),
            entries,
        )
        manifest = oci.manifest(config, entries, tuple(about.items()))
        return Image(variant.name, platform, config, manifest, tuple(layers))


def labels(settings: ImageSettings, revision: Revision) -> Mapping[str, str]:
    """Return what an image says of itself, as labels and as annotations (annotations.md of the specification)."""
    values = {
        "title": settings.name,
        "description": settings.description,
        "source": settings.source,
        "licenses": settings.licence,
        "revision": revision.commit,
        "created": revision.created,
        "base.name": settings.base,
    }
    return {f"{_ANNOTATION}.{name}": value for name, value in values.items() if value}


def index(settings: ImageSettings, revision: Revision, images: Sequence[Image]) -> oci.Document:
    """Return the index over the images of one variant."""
    entries = [image.descriptor for image in sorted(images, key=lambda image: image.platform)]
    return oci.index(entries, tuple(labels(settings, revision).items()))


def choose(
    settings: ImageSettings, variants: Sequence[str] | None, platforms: Sequence[str] | None
) -> list[tuple[VariantSettings, str]]:
    """Return the variants and platforms that are wanted: all without a choice. Raises SettingsError."""
    unknown = [name for name in platforms or () if name not in settings.platforms]
    if unknown:
        raise SettingsError(
            f"{IMAGE_TABLE}.platforms in {FILE} has no {', '.join(unknown)}",
            f"There is {', '.join(settings.platforms)}.",
        )
    chosen = [settings.variant(name) for name in variants or ()] or list(settings.variants)
    return [(variant, name) for variant in chosen for name in platforms or settings.platforms]
