"""What the module may lean on: the standard library and the SDK, nothing of this repository."""

from __future__ import annotations

import ast
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

# anyio is how the SDK's own documentation runs things side by side; it comes with dagger-io.
ALLOWED = {"ci", "dagger", "anyio"} | sys.stdlib_module_names


@pytest.fixture(scope="module")
def sources(root: Path) -> dict[str, str]:
    folder = root / "ci" / "src" / "ci"
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}


def test_only_the_sdk_is_imported_beside_the_standard_library(sources: dict[str, str]) -> None:
    imported = set()
    for text in sources.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                imported.add(str(node.module).partition(".")[0])
            elif isinstance(node, ast.Import):
                imported |= {name.name.partition(".")[0] for name in node.names}

    assert "dagger" in imported
    assert imported - ALLOWED == set()


def test_nothing_reaches_round_the_api(sources: dict[str, str]) -> None:
    for name, text in sources.items():
        for word in ("subprocess", "os.environ", "dag.host", ".host()", "socket"):
            assert word not in text, name


def test_nothing_of_the_platform_is_named(root: Path, sources: dict[str, str]) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [project["name"], "app/", "xgboost", "sqlalchemy", "fastapi", "housing", "CI_REQUIRE"]

    for name, text in sources.items():
        for word in names:
            assert word.lower() not in text.lower(), (name, word)
