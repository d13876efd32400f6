"""Packages that have no wheel: built where module code runs, locked in, since building one runs its code.

uv resolves, builds and installs in the sandbox of modules.sandbox, as its unprivileged user, on a network of its own;
of the host it sees the package index, the system folders (compilers too), and no other files.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portable_dagger.modules import interpreter
from portable_dagger.modules.order import Order
from portable_dagger.modules.sandbox import SCRATCH, USER, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterable

_PASSED: Final = ("UV_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
_OWN: Final = ("UV_CACHE_DIR", "UV_PYTHON", "UV_PROJECT", "UV_CONFIG_FILE", "UV_TARGET")


@dataclass(frozen=True, slots=True)
class Build:
    """What uv is to install: a folder with what it reads, its arguments, and the host's environment with its index.

    Paths among `arguments` are those inside, below /scratch, which is the folder.
    """

    folder: Path
    arguments: tuple[str, ...]
    host: Mapping[str, str]


Builder = Callable[[Build], Awaitable[tuple[int, str]]]
"""Runs a build locked in; returns uv's exit code and what it printed."""


def order(
    build: Build, stage: Path, entrances: tuple[str, ...], files: Iterable[tuple[str, str]]
) -> Order:
    """Plan a build: what uv's process sees, and its environment."""
    binds, links = interpreter.system_view()
    local = [
        path
        for path in build.host.get("UV_FIND_LINKS", "").split()
        if path.startswith("/") and Path(path).is_dir()
    ]
    known = {inside for inside, _ in binds}
    return Order(
        sandbox=Sandbox(
            stage=str(stage),
            scratch=str(build.folder),
            binds=(*binds, *((path, path) for path in local if path not in known)),
            files=(*interpreter.FILES, *files),
            links=links,
            entrances=entrances,
        ),
        environment=interpreter.environment(
            build.host,
            {
                **{key: value for key, value in build.host.items() if _passes(key)},
                "UV_SYSTEM_CERTS": "1",
                "UV_CACHE_DIR": f"{SCRATCH}/cache",
                "UV_LINK_MODE": "copy",
                "TMPDIR": SCRATCH,
            },
        ),
        command=(program(), *build.arguments),
    )


def program() -> str:
    """Return the path of uv: the engine's own, else the host's."""
    own = Path(sys.prefix) / "bin" / "uv"
    return str(own) if own.exists() else shutil.which("uv") or "uv"


async def hand_over(folder: Path, owner: int = USER) -> None:
    """Make a user the owner of a folder and of everything in it."""

    def change() -> None:
        os.lchown(folder, owner, owner)
        for parent, folders, names in os.walk(folder):
            for name in (*folders, *names):
                os.lchown(Path(parent) / name, owner, owner)

    await asyncio.to_thread(change)


def _passes(name: str) -> bool:
    return name.upper().startswith(_PASSED) and not name.startswith(_OWN)
