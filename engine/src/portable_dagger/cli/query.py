"""`dagger query`: a GraphQL document to the engine, the answer's data as JSON."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from portable_dagger.cli import display, output, terminal
from portable_dagger.cli.client import Session, failure
from portable_dagger.cli.module_root import load
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given


def run(given: Given, arguments: list[str]) -> int:
    """Send the document and print the data."""
    if len(arguments) > 1:
        raise CommandLineError(
            f'unexpected argument "{arguments[1]}"', "one operation can be named"
        )
    document = _document(given.get("doc", [""])[-1])
    more: dict[str, Any] = {"variables": variables(given)} if variables(given) else {}
    if arguments:
        more["operationName"] = arguments[0]
    with Session(display.renderer(given), given, offer=terminal.offered(given)) as session:
        if "no-mod" not in given and ("mod" in given or has_module(os.getcwd())):
            load(session, given)
        answer = session.ask(document, **more)
        if answer.get("errors"):
            raise failure(answer["errors"])
    sys.stdout.write(output.as_json(answer["data"]))
    return 0


def variables(given: Given) -> dict[str, Any]:
    """Return the variables that the options give; CommandLineError for what is neither."""
    found: dict[str, Any] = {}
    for text in given.get("var-json", []):
        try:
            found.update(json.loads(text))
        except (ValueError, TypeError) as error:
            raise CommandLineError(
                f"--var-json is no JSON object: {error}", 'such as {"n": 1}'
            ) from error
    for text in given.get("var", []):
        name, separator, value = text.partition("=")
        if not separator:
            raise CommandLineError(f'--var "{text}" has no value', "write --var name=value")
        found[name] = value
    return found


def has_module(folder: str) -> bool:
    """Whether a folder or one above it has a dagger.json."""
    while not os.path.exists(os.path.join(folder, "dagger.json")):
        if folder == os.path.dirname(folder):
            return False
        folder = os.path.dirname(folder)
    return True


def _document(path: str) -> str:
    if not path or path == "-":
        return sys.stdin.read()
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise CommandLineError(
            f'cannot read the document "{path}": {error}', "give a file to --doc"
        ) from error
