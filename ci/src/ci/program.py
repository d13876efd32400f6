"""Programs of this module that run in a container: what needs packages or works on file systems."""

from importlib.resources import files
from typing import Final

import dagger
from dagger import dag

from ci import python

IMAGE: Final = "python:3.11-slim-bookworm"
"""The image that programs run in; it never becomes part of what they make."""

_FOLDER: Final = "programs"
_ROOT: Final = "/opt/programs"
_LOCK: Final = "requirements.txt"


def container(name: str, *needs: str) -> dagger.Container:
    """Return a container whose entrypoint is the program `name` of ci/programs.

    `needs` are the other files that it imports: an edit of one that it does not import repeats nothing.
    """
    sources = dag.directory()
    for module in ("__init__", name, *needs):
        file = f"{module}.py"
        sources = sources.with_new_file(f"ci/{_FOLDER}/{file}", text(file))
    return (
        python.container(IMAGE, dag.file(_LOCK, text(_LOCK)))
        .with_env_variable("PYTHONDONTWRITEBYTECODE", "1")
        .with_env_variable("PYTHONPATH", _ROOT)
        .with_directory(_ROOT, sources)
        .with_entrypoint([f"{python.VENV}/bin/python", "-m", f"ci.{_FOLDER}.{name}"])
    )


def text(name: str) -> str:
    """Return the text of a file of the folder ci/programs."""
    return files("ci").joinpath(_FOLDER, name).read_text(encoding="utf-8")
