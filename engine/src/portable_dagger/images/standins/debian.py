"""Stand-ins for Debian's slim base images."""

from __future__ import annotations

from portable_dagger.images import platform
from portable_dagger.images.config import ImageConfig
from portable_dagger.images.standins.recipe import ANNOTATION, LayerRecipe, StandIn, Variant

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SUITES = {"bullseye": "11", "bookworm": "12", "trixie": "13"}


def base(suite: str) -> LayerRecipe:
    """Return the layer that is the base image of a suite; all stand-ins of that suite share it."""
    # MACHINE is in every key that stands on this one, so a store never takes one machine's layer for another's.
    return LayerRecipe(
        title=f"Debian {suite}",
        script="debian.sh",
        settings=(("SUITE", suite), ("MACHINE", platform.default().architecture)),
        place="host",
        packaged=True,
    )


def find(tag: str) -> StandIn | None:
    """Return the stand-in for `debian:<tag>`, or None."""
    for suite, number in SUITES.items():
        if tag in {f"{suite}-slim", f"{number}-slim"}:
            name = f"debian:{tag}"
            config = ImageConfig(
                env=(("PATH", PATH),), cmd=("bash",), annotations=((ANNOTATION, name),)
            )
            variant = Variant(base(suite), config, f"Debian {suite} by mmdebstrap")
            return StandIn(name, (variant,))
    return None
