"""The smoke test: each image runs a command of its own, on a machine or emulator of its platform."""

import dagger

from ci.errors import PublishError
from ci.image import Image

_PROBE = ("true",)


async def run(
    image: Image, container: dagger.Container, command: tuple[str, ...], native: str
) -> str:
    """Run an image's smoke test; return what it printed, or why this machine cannot run that platform at all.

    Raises PublishError when the command fails.
    """
    if image.platform != native:
        try:
            await container.with_exec([*_PROBE]).sync()
        except dagger.QueryError:
            return f"{image.name}: not run, this machine has no emulator for {image.platform}"
    try:
        return f"{image.name}: {(await container.with_exec([*command]).stdout()).strip()}"
    except dagger.ExecError as error:
        raise PublishError(
            f"the smoke test of {image.name} ended with exit code {error.exit_code}: "
            f"{' '.join(command)}\n{error.stdout}\n{error.stderr}".rstrip(),
            f"Run it alone: build --variant={image.variant} --platform={image.platform} terminal",
        ) from error
