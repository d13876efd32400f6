from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def reports() -> Path:
    """Give the folder of reports that tools wrote."""
    return Path(__file__).parent / "recorded"
