"""Trials of the seeds that are asked for: two at once, each when the first test wants one."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.bundle.isolation import Isolation, isolated
from tests.bundle.seed import Seed
from tests.bundle.trial import Trial, attempt
from tests.bundle.workplace import Workplace, own_state

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
    with ThreadPoolExecutor(JOBS) as pool:
        yield {
            seed.name: pool.submit(attempt, seed, here, scratch / seed.name, isolation)
            for item in request.session.items
            if isinstance(item, pytest.Function) and hasattr(item, "callspec")
            if isinstance(seed := item.callspec.params.get("seed"), Seed)
        }
