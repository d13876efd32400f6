from __future__ import annotations

import pytest

from ci.errors import SettingsError
from ci.licences.settings import parse

IMAGE = """
[tool.ci.image]
name = "shop"
base = "python:3.11-slim"
python = "3.11"
include = ["shop"]
command = ["shop"]
[tool.ci.image.variants.cpu]
requirements = "cpu.txt"
[tool.ci.image.variants.cuda]
requirements = "cuda.txt"
"""


def test_without_the_table_it_is_off() -> None:
    assert parse(IMAGE) is None


def test_the_locks_are_those_of_images_and_those_that_are_named() -> None:
    text = """
[tool.ci.licences]
locks = ["more.txt"]
[tool.ci.licences.known."Shop.Core"]
licence = "MIT"
reason = "its file says so"
"""

    found = parse(f"{text}{IMAGE}")

    assert found is not None
    assert (found.variants, found.locks) == (("cpu.txt", "cuda.txt"), ("more.txt",))
    assert found.known["shop-core"].licence == "MIT"


def test_the_wheels_are_those_of_the_images_python_unless_it_is_said() -> None:
    image = IMAGE.replace('python = "3.11"', 'python = "3.12"')

    ours = parse(f"[tool.ci.licences]\n{image}")
    theirs = parse(f"[tool.ci.licences]\npython = '3.13'\n{image}")
    alone = parse("[tool.ci.licences]\nlocks = ['more.txt']\n")

    assert [each and each.python for each in (ours, theirs, alone)] == ["3.12", "3.13", "3.11"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.ci.licences]\n", r"tool\.ci\.licences\.locks .* names no lock"),
        ("[tool.ci]\nlicences = 1\n", r"tool\.ci\.licences in .* has to be a table"),
        ("[tool.ci.licences]\nknown = 1\n", r"tool\.ci\.licences\.known in .* has to be tables"),
        (
            "[tool.ci.licences.known.shop]\nlicence = 'MIT'\n",
            r"tool\.ci\.licences\.known\.shop\.reason is missing",
        ),
    ],
)
def test_what_is_wrong_is_named(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        parse(text)
