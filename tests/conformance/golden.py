"""What both tests of golden cases share: the command under test, the runners, the list of what comes later."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

HERE = Path(__file__).parent
DAGGER = HERE.parents[1] / "dagger"
LATER: dict[str, dict[str, str]] = tomllib.loads((HERE / "later.toml").read_text())


def runner(area: str) -> ModuleType:
    """Import the runner of an area; it is a script, in no package."""
    spec = importlib.util.spec_from_file_location(f"golden_{area}", HERE / area / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def marks(area: str, name: str, *, slow: bool) -> list[pytest.MarkDecorator]:
    """Return the marks of a case: slow or not, expected to fail or not."""
    found = [pytest.mark.slow] if slow else []
    if name in LATER[area]:
        found.append(pytest.mark.xfail(reason=LATER[area][name], strict=True))
    return found
