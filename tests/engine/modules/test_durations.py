"""Durations as modules write them."""

import math

import pytest

from portable_dagger.errors import ModuleLoadError
from portable_dagger.modules.durations import seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2s", 2), ("1h30m", 5400), ("250ms", 0.25), ("1.5m", 90), ("", math.inf)],
)
def test_seconds(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["soon", "10", "5 s", "s"])
def test_anything_else_is_an_error(text: str) -> None:
    with pytest.raises(ModuleLoadError, match="is no duration"):
        seconds(text)
