"""Images: one a variant and platform, out of layers that they share; the same commit gives the same digests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ci import artifact, oci
from ci.errors import SettingsError
from ci.image_settings import IMAGE_TABLE, ImageSettings, VariantSettings
from ci.layer import Layer
from ci.revision import Revision
from ci.settings import FILE

_ANNOTATION: Final = "org.opencontainers.image"
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


def assemble(
    settings: ImageSettings,
    revision: Revision,
    variant: VariantSettings,
    platform: str,
    layers: Sequence[Layer],
) -> Image:
    """Return the image of a variant and platform that these layers make, the lowest first."""
    entries = [packed.entry for packed in layers]
    about = labels(settings, revision)
    config = oci.config(
        oci.Config(
            platform=platform,
            created=revision.created,
            user=f"{settings.user}:{settings.user}",
            environment=environment(settings, variant),
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


def environment(settings: ImageSettings, variant: VariantSettings) -> tuple[tuple[str, str], ...]:
    """Return the variables that the application finds in the images of a variant."""
    values = {
        "PATH": _PATH,
        "LANG": "C.UTF-8",
        "PYTHONPATH": artifact.PACKAGES,
        "PYTHONUNBUFFERED": "1",
        # Its files cannot be written, and bytecode is nowhere else looked for.
        "PYTHONDONTWRITEBYTECODE": "1",
        **dict(settings.environment),
        **dict(variant.environment),
    }
    return tuple(values.items())


def labels(settings: ImageSettings, revision: Revision) -> Mapping[str, str]:
    """Return what an image says of itself, as labels and as annotations (annotations.md of the specification)."""
    values = {
        "title": settings.name,
        "description": settings.description,
        "source": settings.source,
        "licenses": settings.licence,
        "revision": revision.name,
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
