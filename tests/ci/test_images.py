from __future__ import annotations

import dataclasses
from pathlib import Path

import dagger

from ci import image_settings, oci
from ci.image import Image
from ci.images import Build, different
from ci.layer import Layer
from ci.revision import Revision, tags

SETTINGS = image_settings.parse(
    (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
)
REVISION = Revision("0" * 40, 0)


def image(*layers: str, created: str = "x") -> Image:
    packed = tuple(
        Layer(
            oci.LayerEntry(
                oci.Descriptor(oci.LAYER, f"sha256:{name}", 1_500_000), "sha256:d", f"made {name}"
            ),
            dagger.File.__new__(dagger.File),
            2_000_000,
        )
        for name in layers
    )
    config = oci.document(oci.CONFIG, {"created": created})
    manifest = oci.manifest(config, [each.entry for each in packed], ())
    return Image("cpu", "linux/arm64", config, manifest, packed)


def build(made: Image) -> Build:
    return Build(SETTINGS, REVISION, (made,))


def test_the_same_images_do_not_differ() -> None:
    assert different(build(image("a", "b")), build(image("a", "b"))) == []


def test_a_layer_that_differs_is_named() -> None:
    assert different(build(image("a", "b")), build(image("a", "c"))) == [
        "cpu-arm64: made b: sha256:b, then sha256:c"
    ]


def test_another_configuration_is_named() -> None:
    other = build(image("a", created="y"))

    assert different(build(image("a")), other) == ["cpu-arm64: its configuration"]


def test_the_table_has_digests_and_sizes() -> None:
    made = image("a", "b")

    lines = build(made).table().splitlines()

    assert lines[3].split() == [
        "cpu",
        "linux/arm64",
        made.manifest.digest,
        "3.0",
        "MB",
        "4.0",
        "MB",
    ]
    assert lines[4].split()[:2] == ["cpu", "index"]


def test_the_first_variant_has_the_plain_tags() -> None:
    revision = dataclasses.replace(REVISION, branch="main")

    assert tags(revision).ending(SETTINGS.suffix(SETTINGS.variants[0])).moving == ("main",)
    assert tags(revision).ending(SETTINGS.suffix(SETTINGS.variants[1])).moving == ("main-cuda",)
