"""Stand-ins for the images of PostgreSQL."""

from __future__ import annotations

from portable_dagger.images.config import ImageConfig
from portable_dagger.images.standins import debian
from portable_dagger.images.standins.recipe import (
    ANNOTATION,
    LayerRecipe,
    StandIn,
    Variant,
    data_path,
)

# Major versions of PostgreSQL, and the Debian suite that has them.
SUITES = {"13": "bullseye", "15": "bookworm", "17": "trixie"}
DATA = "/var/lib/postgresql/data"


def find(tag: str) -> StandIn | None:
    """Return the stand-in for `postgres:<tag>`, or None."""
    for major, suite in SUITES.items():
        if tag in {major, f"{major}-{suite}"}:
            name = f"postgres:{tag}"
            note = f"PostgreSQL {major} of Debian {suite}"
            return StandIn(name, (Variant(layer(major, suite), _config(name, major), note),))
    return None


def layer(major: str, suite: str) -> LayerRecipe:
    """Return the layer with server, client and entrypoint."""
    return LayerRecipe(
        title=f"PostgreSQL {major}",
        script="postgres.sh",
        settings=(("MAJOR", major),),
        inputs=(("docker-entrypoint.sh", data_path("docker-entrypoint.sh")),),
        below=debian.base(suite),
    )


def _config(name: str, major: str) -> ImageConfig:
    return ImageConfig(
        env=(
            ("PATH", f"{debian.PATH}:/usr/lib/postgresql/{major}/bin"),
            ("LANG", "en_US.utf8"),
            ("PG_MAJOR", major),
            ("PGDATA", DATA),
        ),
        entrypoint=("docker-entrypoint.sh",),
        cmd=("postgres",),
        exposed_ports=("5432/tcp",),
        volumes=(DATA,),
        stop_signal="SIGINT",
        annotations=((ANNOTATION, name),),
    )
