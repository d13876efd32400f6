"""Stand-ins for a platform that this machine is not, put together from Debian packages without running any of them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from portable_dagger.images.standins.recipe import LayerRecipe, StandIn, Variant

if TYPE_CHECKING:
    from portable_dagger.images.platform import Platform

ARCHITECTURES = ("amd64", "arm64")


def is_possible(platform: Platform) -> bool:
    """Whether stand-ins for a platform can be put together on any machine."""
    return (platform.os, platform.variant) == ("linux", "") and (
        platform.architecture in ARCHITECTURES
    )


def stand_in_for(platform: Platform, native: StandIn) -> StandIn:
    """Return the stand-in for a foreign platform: of the native one, the variants that are packages throughout."""
    variants: list[Variant] = []
    missing = list(native.missing)
    for variant in native.variants:
        if all(recipe.packaged for recipe in variant.layer.chain()):
            note = f"{variant.note}, put together for {platform} without running it"
            recipe = layer(variant.layer, platform.architecture)
            variants.append(dataclasses.replace(variant, layer=recipe, note=note))
        else:
            missing.append(f"{variant.note}: not only packages of Debian, so not for {platform}")
    return StandIn(native.name, tuple(variants), tuple(missing))


def layer(native: LayerRecipe, architecture: str) -> LayerRecipe:
    """Return the layer that holds all of a native image for another architecture (a name of Debian's)."""
    return LayerRecipe(
        title=f"{native.title} for {architecture}",
        script="foreign.sh",
        settings=(("ARCHITECTURE", architecture),),
        place="beside",
        below=native,
        packaged=True,
    )
