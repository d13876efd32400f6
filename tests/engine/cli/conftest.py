"""The module that the golden cases call `args`, `state` and `files`, in the form the engine describes it."""

from __future__ import annotations

from typing import Any

import pytest

from portable_dagger.cli.chain import Types
from portable_dagger.cli.typedefs import Module, Object

STRING = {"kind": "STRING_KIND"}
INTEGER = {"kind": "INTEGER_KIND"}
BOOLEAN = {"kind": "BOOLEAN_KIND"}


def _object(name: str) -> dict[str, Any]:
    return {"kind": "OBJECT_KIND", "name": name}


def _list(element: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "LIST_KIND", "element": element}


def _optional(type_: dict[str, Any]) -> dict[str, Any]:
    return {**type_, "optional": True}


def _argument(
    name: str, type_: dict[str, Any], default: str | None = None, **more: str
) -> dict[str, Any]:
    return {"name": name, "type": type_, "default": default, "description": "", **more}


def _function(
    name: str, returns: dict[str, Any], *arguments: dict[str, Any], **more: str | bool
) -> dict[str, Any]:
    return {"name": name, "returns": returns, "args": list(arguments), "description": "", **more}


COLOUR = {"kind": "ENUM_KIND", "name": "StateColour"}
STATE = _object("State")

DESCRIBED = {
    "name": "state",
    "description": "A counter that is chained.",
    "main": "State",
    "root": "state",
    "objects": {
        "State": {
            "name": "State",
            "description": "Counts from a start",
            "constructor": _function(
                "",
                STATE,
                _argument("name", STRING, description="Name of the counter"),
                _argument("start", INTEGER, "10"),
                _argument("notes", _list(STRING), "[]"),
            ),
            "functions": [
                _function(
                    "add",
                    STATE,
                    _argument("n", INTEGER, "0"),
                    description="Add a number\n\nOr not.",
                ),
                _function("value", INTEGER, description="The value now"),
                _function("text", STRING, _argument("value", STRING)),
                _function("flip", BOOLEAN, _argument("on", BOOLEAN)),
                _function("texts", _list(STRING), _argument("items", _list(STRING))),
                _function("paint", STRING, _argument("colour", COLOUR, '"RED"')),
                _function("palette", STRING, _argument("colours", _list(COLOUR))),
                _function("otherName", STRING, _argument("userId", STRING, '"u0"')),
                _function(
                    "listen",
                    STRING,
                    _argument("thing", {"kind": "INTERFACE_KIND", "name": "Sounder"}),
                ),
                _function(
                    "names",
                    _list(STRING),
                    _argument("source", _object("Directory"), description="Where"),
                ),
                _function(
                    "data",
                    _list(STRING),
                    _argument("source", _object("Directory"), defaultPath="data"),
                ),
                _function("maybe", STRING, _argument("token", _optional(_object("Secret")))),
                _function("several", STRING, _argument("files", _list(_object("File")))),
                _function("pair", _list(_object("File"))),
                _function("upgrade", _object("Changeset")),
                _function("nothing", {"kind": "VOID_KIND"}, check=True, description="Passes"),
                _function("wants", {"kind": "VOID_KIND"}, _argument("what", STRING), check=True),
                _function("index", _object("Changeset"), generate=True),
                _function("docs", _object("StateDocs")),
            ],
            "fields": [{"name": "labelText", "description": "", "type": STRING}],
        },
        "StateDocs": {
            "name": "StateDocs",
            "description": "More checks",
            "constructor": None,
            "functions": [
                _function("notEmpty", {"kind": "VOID_KIND"}, check=True, description="Not empty"),
                _function("again", STATE),
            ],
            "fields": [],
        },
    },
    "enums": {
        "StateColour": {"members": [{"name": "RED"}, {"name": "DARK_BLUE"}, {"name": "GREEN"}]}
    },
    "interfaces": {},
}

CORE = {
    "File": {
        "name": "File",
        "functions": [
            _function("name", STRING),
            _function("contents", STRING),
            _function("sync", {"kind": "SCALAR_KIND", "name": "ID"}),
            _function("withName", _object("File"), _argument("name", STRING)),
        ],
    },
    "Changeset": {"name": "Changeset", "functions": [_function("isEmpty", BOOLEAN)]},
}


@pytest.fixture
def module() -> Module:
    """A module with every kind of argument."""
    return Module.from_json(DESCRIBED)


@pytest.fixture
def types(module: Module) -> Types:
    """The module's types and a few of the API's."""
    objects = {**{name: Object.from_json(data) for name, data in CORE.items()}, **module.objects}
    return Types(objects.__getitem__, module.enums.__getitem__)
