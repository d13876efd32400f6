from __future__ import annotations

from typing import TYPE_CHECKING

from ci import image_settings, provenance
from ci.base import Base
from ci.image import assemble
from ci.revision import Revision

if TYPE_CHECKING:
    from ci.image import Image

REVISION = Revision("0" * 40, 0)
SETTINGS = image_settings.parse("""
[tool.ci.image]
name = "shop"
base = "python:3.11-slim"
python = "3.11"
include = ["shop"]
command = ["shop"]
[tool.ci.image.variants.plain]
requirements = "lock.txt"
""")
AMD = Base("linux/amd64", f"docker.io/library/python:3.11-slim@sha256:{'a' * 64}")
ARM = Base("linux/arm64", f"docker.io/library/python:3.11-slim@sha256:{'b' * 64}")


def image(platform: str) -> Image:
    return assemble(SETTINGS, REVISION, SETTINGS.variants[0], platform, [])


def resolved(*platforms: str) -> list[dict[str, object]]:
    found = provenance.predicate(
        SETTINGS,
        REVISION,
        [image(platform) for platform in platforms],
        builder="urn:x",
        bases=[AMD, ARM],
        locks={"lock.txt": "c" * 64},
    )
    dependencies = found["buildDefinition"]["resolvedDependencies"]
    assert isinstance(dependencies, list)
    return dependencies


def test_the_base_is_named_by_its_digest() -> None:
    source, base, lock = resolved("linux/amd64")

    assert source["digest"] == {"gitCommit": "0" * 40}
    assert base == {
        "name": "docker.io/library/python:3.11-slim",
        "uri": f"oci://docker.io/library/python:3.11-slim@sha256:{'a' * 64}",
        "digest": {"sha256": "a" * 64},
        "annotations": {"platform": "linux/amd64"},
    }
    assert lock["name"] == "lock.txt"


def test_an_index_names_the_base_of_each_platform() -> None:
    _, first, second, _ = resolved("linux/amd64", "linux/arm64")

    assert first["annotations"] == {"platform": "linux/amd64"}
    assert second["annotations"] == {"platform": "linux/arm64"}
