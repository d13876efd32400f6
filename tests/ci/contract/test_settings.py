from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ci.contract import settings
from ci.contract.settings import CHECKS, ContractSettings, ServiceSettings
from ci.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

LEAST = '[tool.ci.contract]\ndocument = "api.json"\n'


def test_without_a_table_it_is_off_and_without_a_service_none_is_started() -> None:
    assert settings.parse("[tool.ci]\n") is None
    assert settings.parse(LEAST) == ContractSettings(document="api.json")


def test_a_service_is_held_against_every_check() -> None:
    read = settings.parse(f"{LEAST}[tool.ci.contract.service]\n")

    assert read is not None
    assert read.service == ServiceSettings(path="/openapi.json", checks=CHECKS, max_examples=50)


def test_this_repository_has_all_of_it(root: Path) -> None:
    read = settings.parse((root / "pyproject.toml").read_text(encoding="utf-8"))

    assert read is not None
    assert read.command
    assert read.service


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.ci]\ncontract = 1\n", r"tool\.ci\.contract in pyproject\.toml has to be a table"),
        ("[tool.ci.contract]\n", r"tool\.ci\.contract\.document is missing"),
        (f"{LEAST}doc = 1\n", r"tool\.ci\.contract\.doc in .* is not known"),
        (f"{LEAST}service = 1\n", r"tool\.ci\.contract\.service in .* has to be a table"),
        (f"{LEAST}service.checks = ['x']\n", r"contract\.service\.checks .* out of not_a_server"),
        (f"{LEAST}service.max-examples = 0\n", r"max-examples .* a number above 0"),
    ],
)
def test_a_wrong_value_is_named(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        settings.parse(text)
