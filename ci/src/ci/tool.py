"""Tools that are one program: the official image by digest where a registry answers, else the program from a wheel."""

from dataclasses import dataclass
from importlib.resources import files

import dagger
from dagger import dag

from ci import python
from ci.program import IMAGE


@dataclass(frozen=True, slots=True)
class Tool:
    """A container with the program on its PATH, and where the program came from, in words."""

    container: dagger.Container
    origin: str


async def find(image: str, lock: str, program: str) -> Tool:
    """Return a tool: out of `image`, or out of the wheel that the file `lock` of this module names.

    A stand-in says that it is one.
    """
    found = await official(image)
    if found is not None:
        return found
    content = files("ci").joinpath(lock).read_text(encoding="utf-8")
    (wheel,) = [line for line in content.splitlines() if "==" in line]
    named = wheel.partition(" ")[0].rstrip("\\").strip()
    origin = f"{program} of the wheel {named}, standing in for {image or 'its official image'}"
    container = await python.container(IMAGE, content)
    return Tool(await container.sync(), origin)


async def official(image: str) -> Tool | None:
    """Return the tool of an image, None if no registry gives it.

    An image without a digest is none that could be trusted twice: it is not asked for.
    """
    if "@sha256:" not in image:
        return None
    container = dag.container().from_(image)
    try:
        await container.sync()
    except dagger.QueryError:
        return None
    return Tool(container, image)
