from __future__ import annotations

import pytest

from ci.docs import settings
from ci.errors import SettingsError


def test_without_the_table_it_is_off() -> None:
    assert settings.parse("[tool.ci]\n") is None


def test_languages_can_be_left_out_but_not_made_up() -> None:
    read = settings.parse("[tool.ci.docs]\nlanguages = []\n")

    assert read is not None
    assert read.languages == ()
    with pytest.raises(SettingsError, match=r"languages .* a list out of python, toml, json, yaml"):
        settings.parse("[tool.ci.docs]\nlanguages = ['rust']\n")
