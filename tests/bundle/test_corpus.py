"""Every seeded failure is the same failure on a machine without network that has nothing but the bundle."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.bundle.seed import VERDICTS, Seed
from tests.bundle.seeds import SEEDS

if TYPE_CHECKING:
    from concurrent.futures import Future

    from tests.bundle.isolation import Isolation
    from tests.bundle.trial import Trial


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS, ids=[seed.name for seed in SEEDS])
def test_replays_as_expected(seed: Seed, trials: dict[str, Future[Trial]]) -> None:
    assert trials[seed.name].result().problems == []


@pytest.mark.slow
def test_no_packet_leaves(trials: dict[str, Future[Trial]], isolation: Isolation) -> None:
    for trial in trials.values():
        trial.result()

    assert isolation.routes() == ""
    assert isolation.packets() == 0


def test_the_corpus_is_as_large_as_was_asked_for() -> None:
    assert len(SEEDS) >= 34
    assert sum(len(seed.altered) for seed in SEEDS) >= 16
    assert {altered.verdict for seed in SEEDS for altered in seed.altered} == {
        "passes",
        "different",
    }


def test_names_are_unique() -> None:
    assert Counter(seed.name for seed in SEEDS).most_common(1)[0][1] == 1


@pytest.mark.parametrize("seed", SEEDS, ids=[seed.name for seed in SEEDS])
def test_a_seed_is_well_formed(seed: Seed) -> None:
    assert (seed.verdict in VERDICTS) == seed.deterministic
    assert bool(seed.script) != bool(seed.command)
    assert (seed.verdict == "missing") == bool(seed.missing)
    re.compile(seed.says)
    for altered in seed.altered:
        assert altered.verdict in VERDICTS
        assert dict(altered.files) != {}
        assert bool(altered.difference) == (altered.verdict == "different")
