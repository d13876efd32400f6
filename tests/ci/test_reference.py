"""The reference page names every function, argument and setting; these tests walk the code."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING

import pytest
from dagger.mod import default_module

from ci import Ci
from ci.settings import SuiteSettings, name_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "reference" / "ci.md").read_text(encoding="utf-8")


def test_every_function_and_argument_is_documented(page: str) -> None:
    registered = default_module().get_object("Ci")
    names = [name for name in registered.functions if name]
    assert names
    for name in names:
        assert f"### `{name.replace('_', '-')}`" in page
        for argument in registered.get_bound_function(Ci(), name).parameters:
            assert f"| `--{argument}` |" in page


def test_every_setting_is_documented_with_its_default_and_what_is_allowed(page: str) -> None:
    rows = {
        name: (default, allowed)
        for name, default, allowed in re.findall(
            r"^\| `([\w-]+)` \| ([^|]+) \| ([^|]+) \|", page, flags=re.MULTILINE
        )
    }

    assert rows == {
        name_of(entry): (shown(entry.default), entry.metadata["kind"].allowed)
        for entry in fields(SuiteSettings)
    }


def shown(default: object) -> str:
    if default is MISSING:
        return "required"
    if default == ():
        return "none"
    if isinstance(default, tuple):
        return f"`{list(default)}`".replace("'", '"')
    return f"`{default}`" if isinstance(default, str) else f"`{default:g}`"
