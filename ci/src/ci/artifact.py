"""The artifact that the source makes once for all images, such as a trained model."""

from typing import Final

import dagger
from dagger import dag

from ci import known
from ci.image_settings import ArtifactSettings, ImageSettings
from ci.step import Mount, Step, run

PACKAGES: Final = "/opt/packages"
"""Where the packages are, in the images too."""


async def make(
    settings: ImageSettings,
    artifact: ArtifactSettings,
    application: dagger.Directory,
    packages: dagger.Directory,
    *,
    repeat: str = "",
) -> dagger.Directory:
    """Run the artifact's command on the machine's own platform; return what it left in its output folder."""
    if artifact.output.startswith(f"{settings.folder}/"):
        within = artifact.output.removeprefix(f"{settings.folder}/")
        application = application.with_directory(within, known.folder())
    container = (
        dag.container()
        .from_(settings.base)
        .with_workdir(settings.folder)
        .with_env_variable("PYTHONPATH", PACKAGES)
        .with_env_variable("PYTHONDONTWRITEBYTECODE", "1")
        # Sums of floating-point numbers depend on how many threads share them.
        .with_env_variable("OMP_NUM_THREADS", "1")
        .with_env_variable("OPENBLAS_NUM_THREADS", "1")
        .with_directory(artifact.output, known.folder())
    )
    if repeat:
        container = container.with_env_variable("REPEAT", repeat)
    step = Step(
        name="artifact",
        container=container,
        command=artifact.command,
        mounts=(Mount(PACKAGES, packages), Mount(settings.folder, application)),
        source=settings.folder,
    )
    return (await run(step)).directory(artifact.output)
