"""Texts of pipelines for `./dagger -c` that most seeds have in common."""

from __future__ import annotations

from typing import Final

DEBIAN: Final = "debian:bookworm-slim"
PYTHON: Final = "python:3.11-slim-bookworm"
POSTGRES: Final = "postgres:15"

SOURCE: Final = "src=$(host | directory .)"
"""Names the folder with the seed's files."""

MOUNTED: Final = "with-mounted-directory /src $src | with-workdir /src"
COPIED: Final = "with-directory /src $src | with-workdir /src"

DATABASE: Final = (
    f"db=$(container | from {POSTGRES} | with-env-variable POSTGRES_PASSWORD corpus"
    " | with-env-variable POSTGRES_INITDB_ARGS --value=--no-sync | with-exposed-port 5432"
    " | as-service --use-entrypoint --args=postgres,-c,fsync=off)"
)
"""Names a Postgres server of the session's own."""

CLIENT: Final = (
    "with-service-binding db $db | with-env-variable PGHOST db | with-env-variable PGUSER postgres"
    " | with-env-variable PGPASSWORD corpus"
)
"""Makes psql speak to that server."""


def pipeline(*functions: str) -> str:
    """Return a chain of functions."""
    return " | ".join(functions)


def run(image: str, *functions: str, source: str = MOUNTED) -> str:
    """Return a script that runs functions on an image with the seed's files in /src."""
    return "\n".join([SOURCE, pipeline("container", f"from {image}", source, *functions, "stdout")])


def execute(command: str) -> str:
    """Return the function that runs a command; the shell's quotes are the script's."""
    return f"with-exec -- {command}"


def variable(name: str, value: str) -> str:
    """Return the function that sets an environment variable."""
    return f"with-env-variable {name} '{value}'"


def with_packages(packages: str, command: str) -> str:
    """Return a script that runs a command on Python with packages from the machine's index.

    They come before the source, so that an edit of it installs nothing.
    """
    install = execute(f"pip install --quiet --root-user-action=ignore {packages}")
    chain = pipeline("container", f"from {PYTHON}", install, MOUNTED, execute(command), "stdout")
    return f"{SOURCE}\n{chain}"


def serve(name: str, image: str, command: str) -> str:
    """Return the statement that gives a name to a service of the seed's files, on port 8000."""
    words = command.replace(" ", ",")
    chain = pipeline(
        "container",
        f"from {image}",
        MOUNTED,
        "with-exposed-port 8000",
        f"as-service --args={words}",
    )
    return f"{name}=$({chain})"
