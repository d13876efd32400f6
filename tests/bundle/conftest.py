"""Trials of the seeds that are asked for: two at once, replayed by one engine, whose state directory begins empty.

`python3 -m tests.bundle` gives each seed an empty one of its own, which takes three times as long.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from tests.bundle.isolation import Isolation, isolated
from tests.bundle.seed import Seed
from tests.bundle.trial import Trial, attempt
from tests.bundle.workplace import Workplace, empty, own_state

if TYPE_CHECKING:
    from collections.abc import Iterator

JOBS = 2


@pytest.fixture(scope="session")
def isolation() -> Iterator[Isolation]:
    with isolated() as isolation:
        yield isolation


@pytest.fixture(scope="session")
def trials(
    request: pytest.FixtureRequest, isolation: Isolation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Trial]]]:
    """Begin the trials of all seeds that this run's tests ask for, by name."""
    here, scratch = Workplace(own_state()), tmp_path_factory.mktemp("corpus")
    here.check()
    asked = {
        seed.name: seed
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        if isinstance(seed := item.callspec.params.get("seed"), Seed)
    }
    with empty(scratch / "state", isolation) as there, ThreadPoolExecutor(JOBS) as pool:
        yield {
            name: pool.submit(attempt, seed, here, nullcontext(there), scratch / name)
            for name, seed in asked.items()
        }
