"""The application that is held against its document: it runs from its wheels and its source, without an image."""

from typing import Final

import dagger
from dagger import dag

from ci import image_settings, serving
from ci.builder import Builder
from ci.errors import SettingsError
from ci.image_settings import IMAGE_TABLE
from ci.output import last_lines
from ci.settings import FILE
from ci.step import Server, bind

_LONGEST_START_SECONDS: Final = 30


async def container(source: dagger.Directory, text: str) -> dagger.Container:
    """Return what the application's image would hold; `text` is that of the pyproject.toml. Raises SettingsError."""
    image = image_settings.parse(text)
    builder = Builder(image, source, str(await dag.default_platform()))
    return await (await builder.unpacked(image.variants[0])).sync()


def server(container: dagger.Container, text: str) -> Server:
    """Return the application as [tool.ci.serve] serves it, with a database of its own. Raises SettingsError."""
    image = image_settings.parse(text)
    if image.port is None:
        raise SettingsError(
            f"{IMAGE_TABLE}.port is missing in {FILE}: nothing tells where the service answers",
            "Set the port that the application listens on.",
        )
    return serving.server(container, image, serving.parse(text), "contract")


def address(server: Server, text: str) -> str:
    """Return where those who are bound to the server reach it."""
    return f"http://{server.alias}:{image_settings.parse(text).port}"


async def words(server: Server) -> str:
    """Return the last lines of a server that does not start: the API tells them of a command, and not of a service."""
    command = ["timeout", str(_LONGEST_START_SECONDS), *server.args]
    container = bind(server.container, server.servers)
    try:
        ran = container.with_exec(command, expect=dagger.ReturnType.ANY)
        return last_lines(await ran.combined_output())
    except dagger.QueryError as error:
        return str(error)
