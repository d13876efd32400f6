"""What an editor needs beside a module's code: the SDK as the engine serves it, below `sdk` in the source folder.

It is a distribution that `uv sync` installs from the path that the module's pyproject.toml names; the engine itself
never loads it (modules.source).
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import json
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portable_dagger.graph.values import Directory
from portable_dagger.modules.config import PROVIDED
from portable_dagger.modules.typed_bindings import extended
from portable_dagger.store import edit
from portable_dagger.store.copy import copy
from portable_dagger.store.filter import Filter
from portable_dagger.store.host import import_directory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.api.registry import Types
    from portable_dagger.graph.context import Context
    from portable_dagger.store.snapshot import Snapshot

FOLDER: Final = "sdk"
BINDINGS: Final = "client/gen.py"
"""The file of the SDK that has the API's types."""

_PROJECT: Final = """\
# Made by `dagger develop`; it is written anew each time.
[project]
name = "{name}"
version = "{version}"
requires-python = ">=3.10"
dependencies = {dependencies}

[build-system]
requires = ["uv_build>=0.8.4"]
build-backend = "uv_build"

[tool.uv.build-backend]
module-name = "dagger"
"""


def project() -> str:
    """Return the pyproject.toml of the copy: the requirements are those of the SDK that the engine runs."""
    requirements = importlib.metadata.requires(PROVIDED) or []
    plain = [line for line in requirements if not re.search(r";.*\bextra\b", line)]
    return _PROJECT.format(
        name=PROVIDED,
        version=importlib.metadata.version(PROVIDED),
        dependencies=json.dumps(plain, indent=4),
    )


async def added(
    directory: Directory, path: str, dependencies: Sequence[Types], context: Context
) -> Directory:
    """Return a directory with the SDK at `path` in it, the types of dependencies included.

    A .gitignore keeps it out of git.
    """
    # Found, not imported: that takes as long as all else that the engine imports.
    found = importlib.util.find_spec("dagger")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    bindings = extended((package / BINDINGS).read_text(encoding="utf-8"), dependencies)
    store, ignored = context.store, Filter(exclude=("**/__pycache__",))

    def write() -> Snapshot:
        sdk = import_directory(store, package, ignored)
        root = copy(store, directory.root, f"{path}/src/dagger", sdk, "/", owner=(0, 0))
        place = f"{path}/src/dagger/{BINDINGS}"
        root = edit.write_file(store, root, place, bindings.encode())
        root = edit.write_file(store, root, f"{path}/pyproject.toml", project().encode())
        return edit.write_file(store, root, f"{path}/.gitignore", b"*\n")

    return Directory(await asyncio.to_thread(write), posixpath.normpath(directory.path))
