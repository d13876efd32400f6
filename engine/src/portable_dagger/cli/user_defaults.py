"""Defaults of the user's own: variables in the `.env` of the current folder stand in for flags that are left out.

A variable's name is the module's, the function's (none for the constructor) and the argument's, joined by underscores;
case does not matter, and the module's name may be left out (the brief, section 11).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.chain import Default
    from portable_dagger.cli.display import Renderer
    from portable_dagger.cli.typedefs import Argument, Function, Module

FILE = ".env"


def parse(text: str) -> dict[str, str]:
    """Return the variables of a file: a line `NAME=VALUE` each, a value may stand in quotes, `#` starts a comment line.

    The names are folded: letters and digits only, in lower case.
    """
    found = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip().removeprefix("export ").lstrip()
        if not line or line.startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator or not name.strip():
            raise CommandLineError(f"{FILE}, line {number}: {raw.strip()!r} is no NAME=VALUE")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        found[_folded(name)] = value
    return found


def nothing(_function: Function, _argument: Argument) -> None:
    """Have no default for anything."""
    return


def of(module: Module | None, renderer: Renderer) -> Default:
    """Return the lookup for a module; what is used is told, also when progress is silent, but no secret's text."""
    if module is None:
        return nothing
    variables = _read()

    def default(function: Function, argument: Argument) -> str | None:
        prefix = "" if function.name == module.root else function.name
        short = _folded(prefix + argument.name)
        for name in (_folded(module.name) + short, short):
            if name in variables:
                text = variables[name]
                shown = "***" if argument.type.item.name == "Secret" and "://" not in text else text
                where = f"{function.command}, " if prefix else ""
                renderer.note(f"user default: {where}--{argument.flag}={shown}")
                return text
        return None

    return default


def _read() -> dict[str, str]:
    try:
        with open(os.path.abspath(FILE), encoding="utf-8") as file:
            return parse(file.read())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CommandLineError(f"cannot read {os.path.abspath(FILE)}: {error}") from error


def _folded(name: str) -> str:
    return "".join(character for character in name if character.isalnum()).lower()
