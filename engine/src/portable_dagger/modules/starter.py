"""The first code of a new Python module: what `init` writes. Pure."""

from __future__ import annotations

import re
from typing import Final

from portable_dagger.modules.names import kebab, pascal

_PROJECT: Final = """\
[project]
name = "{project}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["dagger-io"]

[build-system]
requires = ["uv_build>=0.8.4"]
build-backend = "uv_build"

[tool.uv.sources]
dagger-io = {{ path = "sdk", editable = true }}
"""

_PACKAGE: Final = '''\
"""{title}: functions to build, test and ship this project.

The first line is the module's summary, what follows is its description: `dagger call --help` shows both.
"""

from .main import {main} as {main}
'''

_MAIN: Final = '''\
import dagger
from dagger import dag, function, object_type


@object_type
class {main}:
    @function
    def hello(self, name: str = "world") -> str:
        """Greets by name."""
        return f"Hello, {{name}}!"

    @function
    def container_echo(self, text: str) -> dagger.Container:
        """Returns a container that has printed a text."""
        return dag.container().from_("debian:bookworm-slim").with_exec(["echo", text])

    @function
    async def count_files(self, source: dagger.Directory, pattern: str = "**/*") -> int:
        """Counts the files and folders of a directory that match a pattern."""
        return len(await source.glob(pattern))
'''


def files(module: str) -> dict[str, str]:
    """Return the files of a new module of this name: path in its source folder to text."""
    main = pascal(module)
    project = re.sub(r"[^a-z0-9-]+", "-", kebab(module)).strip("-") or "main"
    package = project.replace("-", "_")
    return {
        "pyproject.toml": _PROJECT.format(project=project),
        f"src/{package}/__init__.py": _PACKAGE.format(title=main, main=main),
        f"src/{package}/main.py": _MAIN.format(main=main),
    }
