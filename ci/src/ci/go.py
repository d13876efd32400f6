"""Programs in Go that no wheel brings, built from modules whose versions and hashes are in a go.mod and go.sum."""

import re
from importlib.resources import files
from typing import Final

from dagger import dag

from ci import known, python
from ci.program import IMAGE
from ci.step import Cache, Mount, Step, run
from ci.tool import Tool

_LOCK: Final = "go.txt"
_MODULE: Final = "/module"
_OUTPUT: Final = "/output"
_PROGRAMS: Final = "/usr/local/bin"
_ENVIRONMENT: Final = (
    ("CGO_ENABLED", "0"),
    ("GOCACHE", "/var/cache/go/build"),
    ("GOMODCACHE", "/var/cache/go/modules"),
    # All hashes are in go.sum: no other database is asked, and no other Go fetched.
    ("GOFLAGS", "-mod=readonly -trimpath"),
    ("GOSUMDB", "off"),
    ("GOTOOLCHAIN", "local"),
)


async def build(folder: str, package: str) -> Tool:
    """Return a container with the program that `package` is on its PATH; `folder` of this module has go.mod and go.sum.

    The step depends on nothing but those and Go's own lock.
    """
    texts = tuple((name, _text(f"{folder}/{name}")) for name in ("go.mod", "go.sum"))
    name = package.rpartition("/")[2]
    container = (await python.container(IMAGE, _text(_LOCK))).with_workdir(_MODULE)
    for variable, value in _ENVIRONMENT:
        container = container.with_env_variable(variable, value)
    step = Step(
        name=f"build {name}",
        container=container.with_directory(_OUTPUT, known.folder()),
        command=("go", "build", "-ldflags=-s -w", f"-o={_OUTPUT}/{name}", package),
        mounts=(Mount(_MODULE, known.folder(texts)),),
        caches=(Cache("/var/cache/go", "ci-go"),),
    )
    program = (await run(step)).file(f"{_OUTPUT}/{name}")
    made = dag.container().from_(IMAGE).with_file(f"{_PROGRAMS}/{name}", program)
    return Tool(await made.sync(), origin(folder, package))


def origin(folder: str, package: str) -> str:
    """Return which program it is, in words."""
    version = re.search(rf"{re.escape(package)} (v\S+)", _text(f"{folder}/go.mod"))
    assert version is not None, f"{folder}/go.mod does not require {package}"
    return f"{package.rpartition('/')[2]} {version[1]} of its Go module"


def _text(path: str) -> str:
    return files("ci").joinpath(path).read_text(encoding="utf-8")
