from __future__ import annotations

import pytest

from ci.programs import snippets

ALL = {"python", "toml", "json", "yaml"}


@pytest.mark.parametrize(
    ("info", "text", "line"),
    [
        ("python", "x = 1\nif x\n", 2),
        ("py", "print 'a'\n", 1),
        ("toml", "a = \n", 1),
        ("json", '{\n"a": 1,\n}\n', 3),
        ("yaml", "a: b\n c: [\n", 2),
        ("yml title", "a: {\n", 2),
    ],
)
def test_what_is_none_of_its_language(info: str, text: str, line: int) -> None:
    found = snippets.fault(tuple(info.split()), text, ALL)

    assert found is not None
    assert found[1] == line


@pytest.mark.parametrize(
    ("info", "text"),
    [
        ("python", "def f():\n    ...\n\n\nawait f()\n"),
        ("python", "    x = 1\n    y = 2\n"),
        ("python", "x = …\n"),
        ("python", "'\\d'\n"),
        ("json", '{"a": ...}\n'),
        ("json", "{…}\n"),
        ("toml sketch", "a = \n"),
        ("yaml", "a: !Ref b\n---\nc: d\n"),
        ("console", "$ python\n"),
        ("", "x = \n"),
    ],
)
def test_what_nobody_can_blame(info: str, text: str) -> None:
    assert snippets.fault(tuple(info.split()), text, ALL) is None


def test_a_language_that_is_not_held() -> None:
    assert snippets.fault(("python",), "if\n", ALL - {"python"}) is None
