from __future__ import annotations

import pytest

from ci.coverage.settings import CoverageSettings, parse
from ci.errors import SettingsError


def test_without_a_table_it_is_off_and_an_empty_one_is_enough() -> None:
    assert parse("[tool.ci]\n") is None
    assert parse("[tool.ci.coverage]\n") == CoverageSettings(tolerance=0.1)
    assert parse("[tool.ci.coverage]\ntolerance = 2\n") == CoverageSettings(tolerance=2)


@pytest.mark.parametrize("value", ["-1", "101", "true"])
def test_a_wrong_value_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match=r"tool\.ci\.coverage\.tolerance .* from 0 to 100"):
        parse(f"[tool.ci.coverage]\ntolerance = {value}\n")
