"""Programs of this module that run in a container: what needs packages or works on file systems."""

import ast
from importlib.resources import files
from typing import Final

import dagger

from ci import known, python

IMAGE: Final = "python:3.11-slim-bookworm"
"""The image that programs run in; it never becomes part of what they make."""

_FOLDER: Final = "programs"
_PACKAGE: Final = f"ci.{_FOLDER}"
_ROOT: Final = "/opt/programs"
_LOCK: Final = "requirements.txt"


@known.shared
async def container(name: str, lock: str = "") -> dagger.Container:
    """Return a container whose entrypoint is the program `name` of ci/programs.

    lock: the text of one with all that the program imports; without it, of the one that programs share. The container
    has the files that the program imports and no other: an edit of one that it does not import repeats nothing.
    """
    sources = {f"ci/{_FOLDER}/{module}.py": text(f"{module}.py") for module in needed(name)}
    made = (
        (await _environment(lock or text(_LOCK)))
        .with_directory(_ROOT, known.folder(tuple(sources.items())))
        .with_entrypoint([f"{python.VENV}/bin/python", "-m", f"ci.{_FOLDER}.{name}"])
    )
    return await made.sync()


@known.shared
async def _environment(lock: str) -> dagger.Container:
    """Return the container of programs: a Python with the packages that they import."""
    made = (
        (await python.container(IMAGE, lock))
        .with_env_variable("PYTHONDONTWRITEBYTECODE", "1")
        .with_env_variable("PYTHONPATH", _ROOT)
    )
    return await made.sync()


def needed(name: str) -> list[str]:
    """Return the files of the folder that a program is made of: itself, and what it imports, however far away."""
    found = {"__init__"}
    waiting = [name]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        for node in ast.walk(ast.parse(text(f"{module}.py"))):
            if isinstance(node, ast.ImportFrom) and node.module == _PACKAGE:
                waiting += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and str(node.module).startswith(f"{_PACKAGE}."):
                waiting.append(str(node.module).removeprefix(f"{_PACKAGE}."))
    return sorted(found)


def text(name: str) -> str:
    """Return the text of a file of the folder ci/programs."""
    return files("ci").joinpath(_FOLDER, name).read_text(encoding="utf-8")
