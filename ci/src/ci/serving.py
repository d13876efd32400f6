"""The application as a service, with a database of its own, on the machine that calls."""

import shlex
from dataclasses import dataclass
from typing import Final

import dagger

from ci import image_settings, images, postgres, project, settings
from ci.image_settings import COMMAND, ImageSettings
from ci.settings import TABLE, TEXT, key, read_table
from ci.step import Server

SERVE_TABLE: Final = f"{TABLE}.serve"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """The table [tool.ci.serve]."""

    postgres_image: str = key(TEXT, "")
    """The image of the application's Postgres; none for an application without a database."""

    database_variable: str = key(TEXT, "DATABASE_URL")
    database_scheme: str = key(TEXT, "postgresql")
    prepare: tuple[str, ...] = key(COMMAND, ())
    """A command that runs before the application's own, such as the database's migration."""


def parse(text: str) -> ServeSettings:
    """Read the settings from the text of a pyproject.toml. Raises SettingsError naming the key."""
    table = settings.our_tables(text).get("serve", {})
    return ServeSettings(**read_table(ServeSettings, table, SERVE_TABLE))


def command(image: ImageSettings, serve: ServeSettings) -> list[str]:
    """Return what the service runs: the preparation, each time it starts, and then the application."""
    if not serve.prepare:
        return [*image.command]
    return ["sh", "-c", f"{shlex.join(serve.prepare)} && exec {shlex.join(image.command)}"]


def server(
    container: dagger.Container, image: ImageSettings, serve: ServeSettings, name: str = "serve"
) -> Server:
    """Return the server of an application's image; those of another `name` have another database."""
    databases: tuple[Server, ...] = ()
    if serve.postgres_image:
        databases = (postgres.server(serve.postgres_image, name),)
        address = postgres.url(serve.database_scheme)
        container = container.with_env_variable(serve.database_variable, address)
    if image.port is not None:
        container = container.with_exposed_port(image.port)
    return Server(
        alias=image.name,
        container=container,
        args=tuple(command(image, serve)),
        servers=databases,
    )


async def served(
    source: dagger.Directory, git: dagger.GitRepository, variant: str | None
) -> Server:
    """Return the application's server, from its image and with its own database. Raises SettingsError."""
    text = await project.text(source)
    container = await images.container(source, git, variant, None)
    return server(container, image_settings.parse(text), parse(text))
