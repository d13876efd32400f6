"""A real store on disk for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store")
    yield opened
    opened.close()
