"""Where an image comes from: SLSA provenance v1, as far as a pipeline can say it of itself.

That is content for level 1 of SLSA's build track; levels above need a platform that signs for the pipeline.
"""

from collections.abc import Sequence
from typing import Any, Final

from ci import oci
from ci.base import Base
from ci.image import Image
from ci.image_settings import ImageSettings
from ci.revision import Revision

BUILD_TYPE: Final = "urn:dagger:module:ci:build:v1"


def predicate(  # noqa: PLR0913 - named, but for what was built of which commit
    settings: ImageSettings,
    revision: Revision,
    images: Sequence[Image],
    *,
    builder: str,
    bases: Sequence[Base],
    locks: dict[str, str],
) -> dict[str, Any]:
    """Return the predicate for one image, or for an index over several (SLSA provenance v1).

    bases: the base image for each platform, and maybe for others.
    locks: the path and the SHA-256 (hexadecimal) of each lock whose wheels are in the images.
    Times are left out: they would make every run's provenance another one.
    """
    source = {"uri": _git(settings.source), "digest": {"gitCommit": revision.commit}}
    materials = [
        {"name": path, "uri": f"{_git(settings.source)}#{path}", "digest": {"sha256": digest}}
        for path, digest in sorted(locks.items())
    ]
    platforms = list(dict.fromkeys(image.platform for image in images))
    resolved = [base.descriptor() for base in bases if base.platform in platforms]
    layers = {packed.entry.blob.digest: packed.entry for image in images for packed in image.layers}
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "source": source,
                "variants": list(dict.fromkeys(image.variant for image in images)),
                "platforms": platforms,
            },
            "internalParameters": {"base": settings.base, "python": settings.python},
            "resolvedDependencies": [source, *resolved, *materials],
        },
        "runDetails": {
            "builder": {"id": builder},
            "byproducts": [
                {
                    "name": entry.created_by,
                    "mediaType": oci.LAYER,
                    "digest": {"sha256": digest.partition(":")[2]},
                }
                for digest, entry in layers.items()
            ],
        },
    }


def _git(source: str) -> str:
    return f"git+{source}" if source else "git"
