"""The functions that build and serve images."""

from typing import Annotated

import dagger
from dagger import Doc, function, up

from ci.errors import BuildError
from ci.functions.arguments import Platform, Repository, Source, Variant, uncached


class ImageFunctions:
    """Images: built, described, compared, served."""

    @function
    async def images(
        self,
        source: Source,
        git: Repository,
        variant: Variant = None,
        platform: Platform = None,
    ) -> str:
        """Build the images of all variants and platforms, and print their digests and sizes."""
        from ci import images

        build = await images.build(source, git, variant, platform)
        return build.table()

    @uncached
    async def reproducible(
        self,
        source: Source,
        git: Repository,
        variant: Variant = None,
        platform: Platform = None,
    ) -> str:
        """Build the images twice, the second time without cache, and fail if a digest differs."""
        from ci import images

        first, differences = await images.differences(source, git, variant, platform)
        if differences:
            raise BuildError("two builds differ:\n" + "\n".join(differences))
        return f"{first.table()}\nbuilt twice, with the same digests\n"

    @function
    async def build(
        self,
        source: Source,
        git: Repository,
        variant: Annotated[str | None, Doc("The variant; the first one without")] = None,
        platform: Annotated[str | None, Doc("The platform; the machine's own without")] = None,
        artifact: Annotated[
            dagger.Directory | None,
            Doc("What [tool.ci.image.artifact] would make, such as a trained model"),
        ] = None,
    ) -> dagger.Container:
        """Build one image and give it as a container, to run or to export."""
        from ci import images

        return await images.container(source, git, variant, platform, artifact)

    @function
    async def layout(
        self,
        source: Source,
        git: Repository,
        variant: Variant = None,
        platform: Platform = None,
    ) -> dagger.Directory:
        """Build the images, and give them as one OCI layout with an index for each variant."""
        from ci import images

        build = await images.build(source, git, variant, platform)
        return build.layout().directory()

    @function
    async def sbom(
        self,
        source: Source,
        git: Repository,
        variant: Variant = None,
        platform: Platform = None,
    ) -> dagger.Directory:
        """List what the images hold: SPDX and CycloneDX for each, with every installed package in both."""
        from ci import images

        return await images.bills(await images.build(source, git, variant, platform))

    @function
    @up
    async def serve(
        self,
        source: Source,
        git: Repository,
        variant: Annotated[str | None, Doc("The variant; the first one without")] = None,
    ) -> dagger.Service:
        """Serve the application, from its image and with its own Postgres."""
        from ci import serving

        return (await serving.served(source, git, variant)).service()
