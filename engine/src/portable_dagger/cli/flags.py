"""Flags by the type of their argument: what they are called, which values they take, and what is sent for them.

Pure. The grammar is that of the reference command line (the brief, sections 6.1 and 11).
"""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from portable_dagger.cli.typedefs import (
    BOOLEAN,
    ENUM,
    INTERFACE,
    LIST,
    OBJECT,
    VOID,
    Argument,
    Type,
)
from portable_dagger.errors import CommandLineError

BY_ADDRESS = {
    "Container": "container",
    "Directory": "directory",
    "File": "file",
    "GitRef": "gitRef",
    "GitRepository": "gitRepository",
    "Secret": "secret",
    "Service": "service",
    "Socket": "socket",
}
"""Object types that `address(value: …)` makes, and its field for them."""

BY_OTHER = {
    "CacheVolume": "cacheVolume(key: {text}) {{ id }}",
    "Module": "moduleSource(refString: {text}) {{ asModule {{ id }} }}",
    "ModuleSource": "moduleSource(refString: {text}) {{ id }}",
}
"""Object types that another field of the root makes from one text."""

INPUTS = frozenset({"BuildArg", "PortForward"})
TRUE = frozenset({"1", "t", "T", "true", "True", "TRUE"})
FALSE = frozenset({"0", "f", "F", "false", "False", "FALSE"})
PRIMITIVES = {
    "STRING_KIND": "string",
    "INTEGER_KIND": "int",
    "FLOAT_KIND": "float",
    BOOLEAN: "bool",
}

Members = Callable[[str], tuple[str, ...]]
"""The members of an enumeration, by its name."""


class Literal(NamedTuple):
    """A GraphQL literal."""

    text: str


class Reference(NamedTuple):
    """An object that the engine makes from a text; its ID is what the call gets."""

    type: str
    text: str

    @property
    def query(self) -> str:
        """The selection of the root that answers with its ID."""
        if self.type in BY_ADDRESS:
            return f"address(value: {quoted(self.text)}) {{ {BY_ADDRESS[self.type]} {{ id }} }}"
        return BY_OTHER[self.type].format(text=quoted(self.text))


Value = Literal | Reference | list["Value"]


def quoted(text: str) -> str:
    """Return a text as a GraphQL string (JSON's escapes are GraphQL's)."""
    return json.dumps(text, ensure_ascii=False)


def supported(type_: Type) -> bool:
    """Whether a flag can give a value of this type."""
    item = type_.item
    if item.kind == OBJECT:
        return item.name in BY_ADDRESS or item.name in BY_OTHER
    if item.kind == "INPUT_KIND":
        return item.name in INPUTS
    return item.kind not in {INTERFACE, VOID}


def word(type_: Type, members: Members) -> str:
    """Return what stands after a flag in help: its type; nothing for a switch, the members for an enumeration."""
    item = type_.item
    if item.kind == ENUM:
        return ",".join(sorted(members(item.name or "")))
    plural = "s" if type_.kind == LIST else ""
    if item.kind == BOOLEAN and not plural:
        return ""
    return f"{PRIMITIVES.get(item.kind, item.name)}{plural}"


def shown_default(argument: Argument) -> str:
    """Return the default as help shows it; empty for none, lists and zero values."""
    value: Any = json.loads(argument.default) if argument.default else None
    if not value or isinstance(value, list | dict):
        return ""
    if isinstance(value, str) and argument.type.kind != ENUM:
        return f'"{value}"'
    return value if isinstance(value, str) else json.dumps(value)


def parse(argument: Argument, texts: list[str], members: Members) -> Value:
    """Return the value of a flag from the texts given for it; CommandLineError for one that does not fit.

    A list takes comma-separated texts (as CSV, so quotes keep a comma) and may be repeated; of another flag that is
    given more than once the last text counts.
    """
    try:
        if argument.type.element is None:
            return _item(argument.type, texts[-1], members)
        items = [item for text in texts for item in split(text)]
        return [_item(argument.type.element, item, members) for item in items]
    except ValueError as error:
        given = ",".join(texts) if argument.type.element else texts[-1]
        raise CommandLineError(
            f'invalid argument "{given}" for "--{argument.flag}" flag: {error}'
        ) from error


def split(text: str) -> list[str]:
    """Return the items of one CSV line; ValueError when its quotes do not pair."""
    if not text:
        return []
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    return rows[0]


def _item(type_: Type, text: str, members: Members) -> Value:
    # A word that is no UTF-8 cannot be sent.
    text.encode()
    if type_.kind == OBJECT:
        address = secret_address(text) if type_.name == "Secret" else text
        return Reference(type_.name or "", address)
    if type_.kind == ENUM:
        return Literal(_member(text, members(type_.name or "")))
    convert = _CONVERSIONS.get(type_.name or "") or _CONVERSIONS.get(type_.kind, quoted)
    return Literal(convert(text))


def secret_address(text: str) -> str:
    """Return a secret's URI; the old spellings `env:NAME` and a bare `NAME` are the environment's."""
    if "://" in text:
        return text
    scheme, separator, rest = text.partition(":")
    if separator and scheme in {"env", "file", "cmd"}:
        return f"{scheme}://{rest}"
    return f"env://{text}"


def platform() -> str:
    """Return this machine's platform, such as `linux/amd64`."""
    machine = os.uname().machine
    return "linux/" + {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _member(text: str, known: tuple[str, ...]) -> str:
    for name in known:
        if name.lower() == text.lower():
            return name
    raise ValueError(f"one of {','.join(sorted(known))} is wanted")


def _boolean(text: str) -> str:
    """Read a Boolean as Go's ParseBool does."""
    if text in TRUE | FALSE:
        return json.dumps(text in TRUE)
    raise ValueError("true or false is wanted")


def _integer(text: str) -> str:
    try:
        return str(int(text, 0))
    except ValueError:
        raise ValueError("a whole number is wanted") from None


def _real(text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        raise ValueError("a number is wanted") from None
    if not math.isfinite(number):
        raise ValueError("a finite number is wanted")
    return repr(number)


def _platform(text: str) -> str:
    return quoted(platform() if text == "current" else text)


def _build_argument(text: str) -> str:
    name, separator, value = text.partition("=")
    if not separator:
        raise ValueError("NAME=VALUE is wanted")
    return f"{{name: {quoted(name)}, value: {quoted(value)}}}"


def port_forward(text: str) -> str:
    """Return a PortForward; ValueError for a text that is none."""
    ports, _, protocol = text.partition("/")
    front, separator, back = ports.partition(":")
    if not (separator and front.isdecimal() and back.isdecimal()):
        raise ValueError("FRONTEND:BACKEND is wanted, two port numbers")
    kind = f", protocol: {protocol.upper()}" if protocol else ""
    return f"{{frontend: {int(front)}, backend: {int(back)}{kind}}}"


_CONVERSIONS: dict[str, Callable[[str], str]] = {
    BOOLEAN: _boolean,
    "INTEGER_KIND": _integer,
    "FLOAT_KIND": _real,
    "BuildArg": _build_argument,
    "Platform": _platform,
    "PortForward": port_forward,
}
"""A text as a GraphQL literal, by the type's name or kind; ValueError for a text that is none."""
