from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ci.errors import SettingsError
from ci.settings import Settings, SuiteSettings, parse

if TYPE_CHECKING:
    from pathlib import Path

LEAST = '[tool.ci.test]\nrequirements = "test.txt"\npackages = ["shop"]\n'


def test_two_keys_are_enough() -> None:
    assert parse(LEAST) == Settings(
        test=SuiteSettings(
            requirements="test.txt",
            packages=("shop",),
            python=("3.9", "3.10", "3.11", "3.12", "3.13"),
            postgres=("15",),
            paths=("tests",),
            include=("**",),
            environment=(),
            database_variable="DATABASE_URL",
            database_scheme="postgresql",
            coverage_threshold=80,
            python_image="python:{version}-slim",
            postgres_image="postgres:{version}",
        )
    )


def test_every_key_is_read() -> None:
    text = LEAST + (
        'python = ["3.12", "3.12"]\npostgres = []\npaths = ["a", "b"]\ninclude = ["src"]\n'
        'environment = { B = "1", A = "" }\ndatabase-variable = "URL"\n'
        'database-scheme = "postgresql+asyncpg"\ncoverage-threshold = 87.5\n'
        'python-image = "mirror.example/python:{version}"\npostgres-image = "pgvector:pg{version}"\n'
    )

    assert parse(text).test == SuiteSettings(
        requirements="test.txt",
        packages=("shop",),
        python=("3.12",),
        postgres=(),
        paths=("a", "b"),
        include=("src",),
        environment=(("B", "1"), ("A", "")),
        database_variable="URL",
        database_scheme="postgresql+asyncpg",
        coverage_threshold=87.5,
        python_image="mirror.example/python:{version}",
        postgres_image="pgvector:pg{version}",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the table [tool.ci] is missing"),
        ("[tool.ci]", "the table [tool.ci.test] is missing"),
        ("[tool.ci]\ntest = 1", "tool.ci.test in pyproject.toml is 1, but has to be a table"),
        ("tool = 1", "tool in pyproject.toml is 1, but has to be a table"),
        ("[tool.ci.tset]", "tool.ci.tset in pyproject.toml is not known; there is test"),
        ('[tool.ci.test]\npackages = ["a"]', "tool.ci.test.requirements is missing"),
        ('[tool.ci.test]\nrequirements = "a"', "tool.ci.test.packages is missing"),
        ("[tool.ci", "pyproject.toml is not TOML: "),
    ],
)
def test_what_is_missing_or_unknown_is_named(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        parse(text)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ("python = [3.12]", 'a list of at least one text, such as ["3.12", "3.13"]'),
        ("python = []", "a list of at least one text"),
        ('postgres = "15"', "a list of texts"),
        ('paths = [""]', "a list of texts"),
        ("include = []", "a list of at least one text"),
        ("environment = { A = 1 }", 'a table of texts, such as { MODE = "test" }'),
        ('database-variable = ""', "a text"),
        ("coverage-threshold = 101", "a number from 0 to 100"),
        ("coverage-threshold = true", "a number from 0 to 100"),
        ('python-image = "python:3"', "an image's name that holds {version}"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(line: str, allowed: str) -> None:
    key = line.partition(" ")[0]

    with pytest.raises(SettingsError) as raised:
        parse(f"{LEAST}{line}\n")

    assert f"tool.ci.test.{key} in pyproject.toml is " in str(raised.value)
    assert allowed in str(raised.value)


def test_a_misspelt_key_is_answered_with_the_keys_there_are() -> None:
    with pytest.raises(SettingsError, match=r"tool\.ci\.test\.pyhton .* there is requirements, "):
        parse(f'{LEAST}pyhton = ["3.12"]\n')


def test_this_repository_has_settings_and_they_name_what_there_is(root: Path) -> None:
    settings = parse((root / "pyproject.toml").read_text(encoding="utf-8")).test

    assert (root / settings.requirements).is_file()
    for name in (*settings.paths, *settings.packages, *settings.include):
        assert (root / name).exists(), name
