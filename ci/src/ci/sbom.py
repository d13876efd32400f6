"""Bills of materials: what an image holds, as SPDX and as CycloneDX, from one look by Syft."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import dagger

from ci import known, layout, program, tool
from ci.image import Image
from ci.together import together
from ci.tool import Tool

SPDX: Final = "spdx.json"
CYCLONEDX: Final = "cyclonedx.json"

_OFFICIAL: Final = ""
_LOCK: Final = "syft.txt"
_LAYOUT: Final = "/layout"
_RAW: Final = "/raw"
_OUTPUT: Final = "/bills"


@dataclass(frozen=True, slots=True)
class Bills:
    """The two bills of one image, in a folder with the files SPDX and CYCLONEDX, and the scanner's origin."""

    image: Image
    folder: dagger.Directory
    origin: str


async def make(images: Sequence[Image], created: str) -> list[Bills]:
    """Make the bills of images, and check that every package that is installed in an image is in both of its bills.

    Raises dagger.ExecError, naming the packages, where one is lacking.
    """
    found = await tool.find(_OFFICIAL, _LOCK, "syft")
    return await together([_make(found, image, created) for image in images])


async def _make(found: Tool, image: Image, created: str) -> Bills:
    single = layout.single(image)
    command = ["syft", "scan", f"oci-dir:{_LAYOUT}", "--quiet"]
    # Without the version check it asks nobody; the image's own name makes no difference to what is in it.
    raw = (
        single.mounted(found.container, _LAYOUT)
        .with_env_variable("SYFT_CHECK_FOR_APP_UPDATE", "false")
        .with_env_variable("SYFT_FILE_METADATA_SELECTION", "none")
        .with_exec(
            [
                *command,
                f"--source-name={image.name}",
                f"--output=spdx-json={_RAW}/{SPDX}",
                f"--output=cyclonedx-json={_RAW}/{CYCLONEDX}",
            ]
        )
        .directory(_RAW)
    )
    folder = (
        single.mounted(await program.container("sbom"), _LAYOUT)
        .with_mounted_directory(_RAW, raw)
        .with_exec(
            [
                f"--layout={_LAYOUT}",
                f"--spdx={_RAW}/{SPDX}",
                f"--cyclonedx={_RAW}/{CYCLONEDX}",
                f"--created={created}",
                f"--output={_OUTPUT}",
            ],
            use_entrypoint=True,
        )
        .directory(_OUTPUT)
    )
    return Bills(image, known.once(await folder.sync()), found.origin)
