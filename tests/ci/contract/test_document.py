from __future__ import annotations

import pytest

from ci.contract import document

COMMITTED = '{\n  "a": 1,\n  "b": 2\n}\n'


@pytest.mark.parametrize("given", [COMMITTED, '{"b": 2, "a": 1}'])
def test_what_says_the_same_is_the_same(given: str) -> None:
    assert document.outdated(COMMITTED, given, "api.json", "make api") is None


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (COMMITTED.replace("2", "3"), 3),
        ("", 1),
        ("{}", 1),
        (COMMITTED + "more\n", 4),
        ("openapi: 3.1.0\n", 1),
    ],
)
def test_another_one_is_told_by_the_first_line_that_differs(given: str, line: int) -> None:
    found = document.outdated(COMMITTED, given, "api.json", "make api")

    assert found is not None
    assert found.place == f"api.json:{line}"
    assert found.remedy.startswith("`make api > api.json`")
