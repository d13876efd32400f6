"""The first code of a new module."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from portable_dagger.modules import development, names, starter
from portable_dagger.modules.config import parse_project


@pytest.mark.parametrize(
    ("module", "package", "main"),
    [("hello", "hello", "Hello"), ("My App", "my_app", "MyApp"), ("a.b_c-2", "a_b_c_2", "ABC2")],
)
def test_package_and_main_class_are_those_that_the_engine_looks_for(
    module: str, package: str, main: str
) -> None:
    files = starter.files(module)
    assert set(files) == {
        "pyproject.toml",
        f"src/{package}/__init__.py",
        f"src/{package}/main.py",
    }
    assert main == names.pascal(module)
    assert f"class {main}:" in files[f"src/{package}/main.py"]
    project = parse_project(files["pyproject.toml"], Path("pyproject.toml"))
    assert project.package == package
    assert project.requirements == ()
    for path, text in files.items():
        if path.endswith(".py"):
            compile(text, path, "exec")


def test_the_sdk_for_editors_is_a_distribution() -> None:
    project = tomllib.loads(development.project())["project"]
    assert project["name"] == "dagger-io"
    assert any(line.startswith("gql") for line in project["dependencies"])
    assert not any("extra" in line for line in project["dependencies"])
