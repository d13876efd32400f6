"""The load test's file, read without locust, which the suite does not install."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from app.openapi import COMMITTED

if TYPE_CHECKING:
    from pathlib import Path


def test_the_locust_file_loads_only_endpoints_there_are(root: Path) -> None:
    path = root / "tests" / "load" / "locustfile.py"
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    users = [
        node
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "HttpUser" for base in node.bases)
    ]
    asked = {
        str(node.args[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Attribute)
        and node.func.value.attr == "client"
        and isinstance(node.args[0], ast.Constant)
    }

    assert len(users) == 1
    assert {"/predict", "/predictions", "/model"} <= asked
    document = COMMITTED.read_text(encoding="utf-8")
    assert {path for path in asked if f'"{path}": {{' not in document} == set()
