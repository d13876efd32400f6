"""Registries on the loopback, proxies in front of them, and an image."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.ci.programs.proxy import Proxy
from tests.ci.programs.sample import Sample
from tests.ci.programs.service import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a registry that lets everyone in; each test takes a repository of its own."""
    with serve(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture
def proxies(tmp_path: Path) -> Iterator[list[Proxy]]:
    """Give two empty registries behind a proxy each."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                Proxy(stack.enter_context(serve(tmp_path / name))).running(),
            )
            for name in ("one", "two")
        ]


@pytest.fixture
def environment(root: Path, tmp_path: Path) -> dict[str, str]:
    """Give the environment of a program as its container has it: nothing else of this module can be imported."""
    (tmp_path / "programs/ci").mkdir(parents=True)
    (tmp_path / "programs/ci/programs").symlink_to(root / "ci/src/ci/programs")
    return {"PYTHONPATH": str(tmp_path / "programs"), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return Sample(tmp_path / "layout")
