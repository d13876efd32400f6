from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ci.errors import SettingsError
from ci.image_settings import parse

if TYPE_CHECKING:
    from pathlib import Path

LEAST = """
[tool.ci.image]
name = "shop"
base = "python:3.12-slim"
python = "3.12"
include = ["src"]
command = ["python3", "-m", "shop"]
[tool.ci.image.variants.plain]
requirements = "plain.txt"
"""
GPU = """
[tool.ci.image.variants.gpu]
requirements = "gpu.txt"
environment = { DEVICE = "cuda" }
"""
ARTIFACT = """
[tool.ci.image.artifact]
command = ["make", "model"]
variant = "plain"
path = "/models"
"""


def test_the_least_that_is_needed_has_sensible_defaults() -> None:
    settings = parse(LEAST)

    assert settings.platforms == ("linux/amd64", "linux/arm64")
    assert (settings.user, settings.folder, settings.port) == (10001, "/app", None)
    assert settings.artifact is None
    assert [variant.name for variant in settings.variants] == ["plain"]


def test_the_first_variant_has_no_suffix() -> None:
    settings = parse(LEAST + GPU + ARTIFACT)

    assert [settings.suffix(variant) for variant in settings.variants] == ["", "-gpu"]
    assert settings.variant("gpu").environment == (("DEVICE", "cuda"),)
    assert settings.artifact is not None
    assert settings.artifact.output == "/artifact"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.ci]", r"the table \[tool.ci.image\] is missing"),
        (LEAST.replace('base = "python:3.12-slim"', ""), "tool.ci.image.base is missing"),
        (LEAST.replace('"src"', ""), "tool.ci.image.include .* a list of at least one text"),
        (LEAST.replace("name =", "names ="), "tool.ci.image.names .* is not known"),
        (LEAST + 'colour = "red"', "variants.plain.colour in pyproject.toml is not known"),
        (LEAST.replace("plain]", "Plain]"), "a variant's name is small letters and digits"),
        (
            LEAST.partition("[tool.ci.image.variants")[0],
            r"\[tool.ci.image.variants.NAME\] is missing",
        ),
        (LEAST + ARTIFACT.replace("plain", "gpu"), "there is no variant 'gpu'.*\nThere is plain"),
        (LEAST + ARTIFACT.replace("/models", "models"), "artifact.path .* an absolute path"),
        (LEAST.replace("[tool.ci.image.v", "user = 0\n[tool.ci.image.v"), "image.user .* above 0"),
        (
            LEAST.replace("[tool.ci.image.v", "port = true\n[tool.ci.image.v"),
            "image.port .* a port",
        ),
        (
            LEAST.replace("[tool.ci.image.v", 'platforms = ["linux/s390x"]\n[tool.ci.image.v'),
            "image.platforms .* a list out of linux/amd64, linux/arm64",
        ),
    ],
)
def test_what_does_not_fit_is_named(text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        parse(text)


def test_the_settings_of_this_repository_are_read(root: Path) -> None:
    settings = parse((root / "pyproject.toml").read_text(encoding="utf-8"))

    assert [variant.name for variant in settings.variants] == ["cpu", "cuda"]
    assert all((root / variant.requirements).is_file() for variant in settings.variants)
