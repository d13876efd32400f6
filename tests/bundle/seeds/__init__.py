"""The corpus: every seeded failure, by theme."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.bundle.seeds import (
    builds,
    chance,
    commands,
    files,
    network,
    people,
    secrets,
    services,
    surroundings,
    tests,
    tools,
)

if TYPE_CHECKING:
    from tests.bundle.seed import Seed

SEEDS: Final[tuple[Seed, ...]] = (
    *tests.SEEDS,
    *tools.SEEDS,
    *commands.SEEDS,
    *files.SEEDS,
    *people.SEEDS,
    *surroundings.SEEDS,
    *chance.SEEDS,
    *builds.SEEDS,
    *network.SEEDS,
    *secrets.SEEDS,
    *services.SEEDS,
)
