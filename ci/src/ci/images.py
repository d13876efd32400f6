"""The images of a source: from the settings and the commit to a table, a layout or a container."""

import uuid
from dataclasses import dataclass
from typing import Final

import dagger
from dagger import dag

from ci import image, image_settings, layout, oci, program, project, revision, sbom
from ci.builder import Builder
from ci.columns import columns
from ci.image import Image
from ci.image_settings import ImageSettings
from ci.layout import Layout
from ci.revision import Revision
from ci.settings import FILE
from ci.together import both

_MEGABYTE: Final = 1e6
_ARCHIVE: Final = "/image.tar"
_LAYOUT: Final = "/layout"
_BYTECODE: Final = ("**/__pycache__", "**/*.pyc")


@dataclass(frozen=True, slots=True)
class Build:
    """What was built: each variant's images, and the index over them."""

    settings: ImageSettings
    revision: Revision
    images: tuple[Image, ...]

    @property
    def indexes(self) -> dict[str, oci.Document]:
        """The index of each variant, by the variant's name."""
        names = dict.fromkeys(built.variant for built in self.images)
        return {name: image.index(self.settings, self.revision, self.of(name)) for name in names}

    def of(self, variant: str) -> list[Image]:
        """Return the images of a variant."""
        return [built for built in self.images if built.variant == variant]

    def layout(self) -> Layout:
        """Return all images with their indexes."""
        return layout.several(list(self.indexes.items()), self.images)

    def table(self) -> str:
        """Return a line for each image and index: digest, size as it is pulled, size unpacked."""
        rows = [("Image", "Digest", "Pulled", "Unpacked")]
        for name, document in self.indexes.items():
            rows += [
                (
                    f"{name} {built.platform}",
                    built.manifest.digest,
                    _megabytes(sum(packed.entry.blob.size for packed in built.layers)),
                    _megabytes(built.unpacked),
                )
                for built in self.of(name)
            ]
            rows.append((f"{name} index", document.digest, "", ""))
        return f"{self.revision.title}\n\n{columns(rows)}\n"


async def build(  # noqa: PLR0913 - named, but for the source and what is wanted of it
    source: dagger.Directory,
    repository: dagger.GitRepository,
    variants: list[str] | None = None,
    platforms: list[str] | None = None,
    *,
    artifact: dagger.Directory | None = None,
    repeat: str = "",
    committed: bool = False,
) -> Build:
    """Build images, with an artifact that is given or made. With another `repeat`, nothing cached is taken.

    A `committed` source is known to be the repository's HEAD; any other one is compared with it.
    """
    settings = image_settings.parse(await project.text(source))
    wanted = image.choose(settings, variants, platforms)
    native = str(await dag.default_platform())
    builder = Builder(settings, source, native, artifact, repeat)
    commit, stacks = await both(
        revision.read(repository) if committed else _compared(repository, source, settings),
        builder.build(wanted),
    )
    return Build(
        settings, commit, tuple(image.assemble(settings, commit, *stack) for stack in stacks)
    )


async def _compared(
    repository: dagger.GitRepository, source: dagger.Directory, settings: ImageSettings
) -> Revision:
    """Return the repository's HEAD, compared with the source by what images are made of."""
    locks = [variant.requirements for variant in settings.variants]

    def material(folder: dagger.Directory) -> dagger.Directory:
        # Locks may lie where the application's files are left out.
        return folder.filter(
            include=[*settings.include], exclude=[*settings.exclude, *_BYTECODE]
        ).with_directory("/", folder.filter(include=[FILE, *locks]))

    return await revision.compare(repository, source, material)


async def differences(
    source: dagger.Directory,
    repository: dagger.GitRepository,
    variants: list[str] | None,
    platforms: list[str] | None,
) -> tuple[Build, list[str]]:
    """Build images twice, the second time without what is cached; return the first build and what differs."""
    first = await build(source, repository, variants, platforms)
    again = await build(source, repository, variants, platforms, repeat=uuid.uuid4().hex)
    return first, different(first, again)


def different(first: Build, again: Build) -> list[str]:
    """Return a line for each layer of which two builds have different ones, and each image that differs otherwise."""
    lines = []
    for one, other in zip(first.images, again.images, strict=True):
        if one.manifest == other.manifest:
            continue
        changed = [
            f"{one.name}: {packed.entry.created_by}: {packed.entry.blob.digest}, "
            f"then {packed_again.entry.blob.digest}"
            for packed, packed_again in zip(one.layers, other.layers, strict=True)
            if packed.entry != packed_again.entry
        ]
        lines += changed or [f"{one.name}: its configuration"]
    return lines


async def container(
    source: dagger.Directory,
    repository: dagger.GitRepository,
    variant: str | None,
    platform: str | None,
    artifact: dagger.Directory | None = None,
) -> dagger.Container:
    """Build one image and return it as a container."""
    wanted = platform or str(await dag.default_platform())
    settings = image_settings.parse(await project.text(source))
    chosen = variant or settings.variants[0].name
    made = await build(source, repository, [chosen], [wanted], artifact=artifact)
    return imported(made.images[0])


def imported(built: Image) -> dagger.Container:
    """Return an image as a container."""
    return dag.container(platform=dagger.Platform(built.platform)).import_(archive(built))


async def bills(build: Build) -> dagger.Directory:
    """Return the bills of materials of all images, in a folder for each."""
    made = await sbom.make(build.images, build.revision.created)
    folder = dag.directory()
    for found in made:
        folder = folder.with_directory(found.image.name, found.folder)
    return folder


def archive(built: Image) -> dagger.File:
    """Return an image as a tar of its OCI layout."""
    container = layout.single(built).mounted(dag.container().from_(program.IMAGE), _LAYOUT)
    command = ["tar", "--create", f"--file={_ARCHIVE}", f"--directory={_LAYOUT}", "."]
    return container.with_exec(command).file(_ARCHIVE)


def _megabytes(size: int) -> str:
    return f"{size / _MEGABYTE:.1f} MB"
