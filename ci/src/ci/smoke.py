"""The smoke test: each image runs a command of its own, on a machine or emulator of its platform."""

from collections.abc import Sequence

import dagger
from dagger import dag

from ci import images
from ci.errors import PublishError
from ci.image import Image
from ci.images import Build
from ci.together import together

_PROBE = ("true",)


async def run(build: Build, native: str) -> list[str]:
    """Run the smoke test of each image; return what each printed, or why this machine cannot run its platform at all.

    Raises PublishError when the command of one fails.
    """
    if not build.settings.smoke:
        return []
    foreign = sorted({image.platform for image in build.images} - {native})
    able = await together([_runs(build.settings.base, platform) for platform in foreign])
    lacking = {platform for platform, runs in zip(foreign, able, strict=True) if not runs}
    return await together(
        [
            _try(image, build.settings.smoke, lacking=image.platform in lacking)
            for image in build.images
        ]
    )


async def _runs(base: str, platform: str) -> bool:
    """Whether this machine runs commands of a platform."""
    container = dag.container(platform=dagger.Platform(platform)).from_(base)
    try:
        await container.with_exec([*_PROBE]).sync()
    except dagger.ExecError:
        return False
    return True


async def _try(image: Image, command: Sequence[str], *, lacking: bool) -> str:
    if lacking:
        return f"{image.name}: not run, this machine has no emulator for {image.platform}"
    try:
        said = await images.imported(image).with_exec([*command]).stdout()
    except dagger.ExecError as error:
        raise PublishError(
            f"the smoke test of {image.name} ended with exit code {error.exit_code}: "
            f"{' '.join(command)}\n{error.stdout}\n{error.stderr}".rstrip(),
            f"Run it alone: build --variant={image.variant} --platform={image.platform} terminal",
        ) from error
    return f"{image.name}: {said.strip()}"
