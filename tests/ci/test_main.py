"""The module as the SDK registers it: what `dagger functions` shows."""

from __future__ import annotations

import json
import tomllib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import dagger
import pytest
from dagger.mod import default_module

from ci import Ci

if TYPE_CHECKING:
    from pathlib import Path

    from dagger.mod._resolver import Function

NARROWING = {
    "python": list[str],
    "postgres": list[str],
    "select": str,
}


def function(name: str) -> Function[Any, Any]:
    registered = default_module().get_object("Ci")
    return registered.get_bound_function(Ci(), name)


def test_the_functions_are_those_that_are_documented() -> None:
    registered = default_module().get_object("Ci")

    assert sorted(name for name in registered.functions if name) == [
        "build",
        "capture",
        "ci_local",
        "code_security",
        "compare",
        "contract",
        "coverage",
        "dependencies",
        "docs",
        "docs_fix",
        "format",
        "format_fix",
        "images",
        "layout",
        "licences",
        "lint",
        "pr",
        "pr_report",
        "publish",
        "report",
        "reproduce",
        "reproducible",
        "sbom",
        "scan",
        "secrets",
        "serve",
        "test",
        "test_report",
        "types",
        "verify",
        "workflows",
    ]
    assert registered.fields == {}


@pytest.mark.parametrize(
    ("name", "returns", "is_check"),
    [("test", str, True), ("test_report", dagger.Directory, False)],
)
def test_a_function_runs_without_arguments_and_can_be_narrowed(
    name: str, returns: type, *, is_check: bool
) -> None:
    registered = function(name)
    source, *narrowing = registered.parameters.values()

    assert registered.return_type is returns
    assert registered.check is is_check
    assert registered.doc
    assert source.name == "source"
    assert source.resolved_type is dagger.Directory
    assert str(source.default_path) == "/"
    assert source.ignore is not None
    assert {"**/.git", "**/.venv", "**/__pycache__"} <= set(source.ignore)
    assert {parameter.name: parameter.resolved_type for parameter in narrowing} == {
        name: expected | None for name, expected in NARROWING.items()
    }
    assert all(parameter.default_value == "null" for parameter in narrowing)
    assert all(parameter.is_nullable and parameter.doc for parameter in narrowing)


def test_what_builds_everything_twice_is_no_check() -> None:
    assert not function("reproducible").check


@pytest.mark.parametrize(
    "name",
    [
        *("format", "lint", "types", "code_security", "secrets", "docs"),
        *("licences", "workflows", "contract", "coverage"),
    ],
)
def test_a_gate_of_the_source_is_a_check_that_needs_nothing_beside_it(name: str) -> None:
    registered = function(name)

    assert registered.check
    assert list(registered.parameters) == ["source", "git", "since"]
    assert registered.parameters["since"].default_value == '""'


def test_dependencies_is_a_check_that_advisories_may_be_given_to() -> None:
    registered = function("dependencies")

    assert registered.check
    assert list(registered.parameters) == ["source", "git", "advisories", "max_age_days", "since"]
    assert registered.parameters["advisories"].is_nullable


@pytest.mark.parametrize("name", ["format_fix", "docs_fix"])
def test_what_mends_is_a_generator(name: str) -> None:
    registered = function(name)

    assert registered.return_type is dagger.Changeset
    assert registered.generate


def test_the_module_is_found_and_fits_the_client(root: Path) -> None:
    module = json.loads((root / "dagger.json").read_text(encoding="utf-8"))
    project = tomllib.loads(
        (root / module["source"] / "pyproject.toml").read_text(encoding="utf-8")
    )

    assert module["name"] == project["project"]["name"] == "ci"
    assert module["sdk"] == {"source": "python"}
    assert module["engineVersion"] == f"v{version('dagger-io')}"
    assert project["project"]["dependencies"] == ["dagger-io"]
    assert project["project"]["entry-points"]["dagger.mod"]["main_object"] == "ci:Ci"
