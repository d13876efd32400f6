"""Whether blocks of code are what they say they are: Python compiles, TOML, JSON and YAML can be read."""

from __future__ import annotations

import ast
import json
import textwrap
import tomllib
import warnings
from typing import TYPE_CHECKING, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

SKETCH: Final = "sketch"
"""The word in an info string that says that a block is not whole."""

_NAMES: Final = {"py": "python", "yml": "yaml"}


def fault(words: tuple[str, ...], text: str, languages: set[str]) -> tuple[str, int, str] | None:
    """Return the language of a block, the line in it and what is wrong; None if nothing is, or nobody can tell.

    A block with an ellipsis leaves something out: `…`, or `...` where that is no part of the language.
    """
    name = _NAMES.get(words[0], words[0]) if words else ""
    if name not in languages or name not in _READERS or SKETCH in words or "…" in text:
        return None
    if name != "python" and "..." in text:
        return None
    found = _READERS[name](text)
    return None if found is None else (name, *found)


def _python(text: str) -> tuple[int, str] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(textwrap.dedent(text), "block", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        return error.lineno or 1, error.msg
    except ValueError as error:
        return 1, str(error)
    return None


def _toml(text: str) -> tuple[int, str] | None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return 1, str(error)
    return None


def _json(text: str) -> tuple[int, str] | None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.lineno, error.msg
    return None


def _yaml(text: str) -> tuple[int, str] | None:
    try:
        # The nodes alone: what a tag stands for is nobody's business here.
        for _ in yaml.compose_all(text, Loader=yaml.SafeLoader):
            pass
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error).partition("\n")[0]
        return (mark.line + 1 if mark else 1), said
    return None


_READERS: Final[dict[str, Callable[[str], tuple[int, str] | None]]] = {
    "python": _python,
    "toml": _toml,
    "json": _json,
    "yaml": _yaml,
}
