"""dagger.json and pyproject.toml: what they say, and how errors name file and key."""

import json
from pathlib import Path

import pytest

from portable_dagger.errors import ModuleConfigError
from portable_dagger.modules.config import Dependency, distribution, parse_config, parse_project

FILE = Path("/repo/ci/dagger.json")


def test_smallest() -> None:
    config = parse_config('{"name": "my-mod"}', FILE)
    assert (config.name, config.sdk, config.source, config.main_object) == (
        "my-mod",
        "",
        ".",
        "MyMod",
    )
    assert config.function_caching


def test_everything() -> None:
    config = parse_config(
        json.dumps(
            {
                "name": "apps",
                "engineVersion": "v0.21.7",
                "sdk": {"source": "python", "config": {}},
                "source": "code",
                "include": ["../data", "!**/*.tmp"],
                "exclude": ["old"],
                "dependencies": ["a", {"name": "b", "source": "tools/b", "pin": "123"}],
                "disableDefaultFunctionCaching": True,
            }
        ),
        FILE,
    )
    assert config.sdk == "python"
    assert config.source == "code"
    assert config.include == ("../data", "!**/*.tmp", "!old")
    assert config.dependencies == (Dependency("a"), Dependency("tools/b", "b", "123"))
    assert not config.function_caching


@pytest.mark.parametrize("version", ["v0.21.99", "0.9.3", "v0.21.0-rc.1", "latest"])
def test_older_versions_load(version: str) -> None:
    assert parse_config(json.dumps({"name": "x", "engineVersion": version}), FILE).name == "x"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "line 1: not valid JSON"),
        ("[]", "the file must be a table, not a list"),
        ("{}", 'key "name" is missing'),
        ('{"name": 3}', 'key "name" must be a string, not a number'),
        ('{"name": "x", "include": "a"}', 'key "include" must be a list, not a string'),
        ('{"name": "x", "include": [1]}', 'key "include" must be a list of strings'),
        ('{"name": "x", "sdk": {"source": []}}', 'key "sdk.source" must be a string, not a list'),
        (
            '{"name": "x", "dependencies": [4]}',
            'key "dependencies.0" must be a table, not a number',
        ),
        ('{"name": "x", "disableDefaultFunctionCaching": "yes"}', "must be true or false"),
        ('{"name": "x", "engineVersion": "new"}', "'new' is not a version"),
        (
            '{"name": "x", "engineVersion": "v0.22.0"}',
            "needs engine v0.22.0, this engine answers 0.21",
        ),
        ('{"name": "x", "engineVersion": "v1.0.0"}', "needs engine v1.0.0"),
    ],
)
def test_errors_name_file_and_key(text: str, problem: str) -> None:
    with pytest.raises(ModuleConfigError) as caught:
        parse_config(text, FILE)
    assert str(caught.value).startswith("/repo/ci/dagger.json: ")
    assert problem in str(caught.value)


def test_project() -> None:
    project = parse_project(
        """
        [project]
        name = "My.Module"
        requires-python = ">=3.11"
        dependencies = ["dagger-io", "Dagger_IO>=0.2", "pyyaml>=6 ; python_version > '3'"]
        [project.entry-points."dagger.mod"]
        main_object = "pkg.main:Thing"
        [tool.dagger]
        base-image = "python:3.13-slim"
        """,
        Path("/repo/pyproject.toml"),
    )
    assert project.package == "my_module"
    assert project.requirements == ("pyyaml>=6 ; python_version > '3'",)
    assert project.main_object == "pkg.main:Thing"
    assert project.base_image == "python:3.13-slim"
    assert project.requires_python == ">=3.11"


def test_project_errors_name_the_file() -> None:
    file = Path("/repo/pyproject.toml")
    with pytest.raises(ModuleConfigError, match=r"/repo/pyproject\.toml: not valid TOML"):
        parse_project("[project", file)
    with pytest.raises(ModuleConfigError, match=r'key "project\.dependencies" must be a list'):
        parse_project('[project]\ndependencies = "a"', file)


@pytest.mark.parametrize(
    ("requirement", "name"),
    [("Py_YAML>=6", "py-yaml"), ("a[b]==1", "a"), ("x @ file:///y", "x"), ("", "")],
)
def test_distribution(requirement: str, name: str) -> None:
    assert distribution(requirement) == name
