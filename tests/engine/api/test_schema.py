"""The core's schema against the pinned client: what we serve is what the client asks for, argument by argument."""

from __future__ import annotations

import ast
import enum
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagger.client.gen
import pytest

from portable_dagger.api.core import core_types
from portable_dagger.api.registry import REQUIRED, Argument, Field
from portable_dagger.errors import EngineError

if TYPE_CHECKING:
    from portable_dagger.api.types import TypeRef

PYTHON = {
    "ID": "Type",
    "String": "str",
    "Int": "int",
    "Float": "float",
    "Boolean": "bool",
    "Void": "Void",
}
BELOW_NODE = {"id", "sync"}
"""Fields that the client asks for in its own way; every object has them."""


@dataclass(frozen=True)
class ClientField:
    """A field as the client has it: its arguments' Python types and defaults as source text, "" for none."""

    arguments: dict[str, tuple[str, str]]
    returns: str


def client_fields() -> dict[str, dict[str, ClientField]]:
    """Read the fields of every type out of the client's source, where they are spelled as the API has them."""
    tree = ast.parse(inspect.getsource(dagger.client.gen))
    found: dict[str, dict[str, ClientField]] = {}
    for cls in tree.body:
        if isinstance(cls, ast.ClassDef):
            for method in cls.body:
                if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                    name, field = client_field(cls.name, method)
                    if name:
                        found.setdefault(cls.name, {})[name] = field
    return found


def client_field(
    owner: str, method: ast.FunctionDef | ast.AsyncFunctionDef
) -> tuple[str, ClientField]:
    keywords = [*method.args.args[1:], *method.args.kwonlyargs]
    types = {a.arg: spelled(a.annotation, owner) for a in keywords}
    name, arguments = "", {}
    for call in (node for node in ast.walk(method) if isinstance(node, ast.Call)):
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"_select", "execute_sync"}:
            name = next(str(a.value) for a in call.args if isinstance(a, ast.Constant))
        if isinstance(call.func, ast.Name) and call.func.id == "Arg":
            keyword = next(n.id for n in ast.walk(call.args[1]) if isinstance(n, ast.Name))
            default = ast.unparse(call.args[2]) if len(call.args) > len(("name", "value")) else ""
            arguments[ast.literal_eval(call.args[0])] = (types[keyword], default)
    return name, ClientField(arguments, spelled(method.returns, owner))


def spelled(annotation: ast.expr | None, owner: str) -> str:
    text = ast.unparse(annotation).replace("'", "") if annotation else ""
    return text.replace("Self", owner)


def python_type(type_: TypeRef, *, optional: bool) -> str:
    """Spell a type of ours as the client does."""
    text = (
        f"list[{python_type(type_.element, optional=type_.element.optional)}]"
        if type_.element
        else PYTHON.get(type_.name, type_.name)
    )
    return f"{text} | None" if optional else text


def default_text(argument: Argument) -> str:
    """Spell a default of ours as the client does."""
    if argument.default is REQUIRED:
        return ""
    if isinstance(argument.default, enum.Enum):
        return f"{type(argument.default).__name__}.{argument.default.name}"
    if isinstance(argument.default, list | tuple):
        return "[]"
    return repr(argument.default)


CLIENT = client_fields()
OURS = core_types().objects
FIELDS = [
    pytest.param(CLIENT[type_name][name], field, id=f"{type_name}.{name}")
    for type_name, object_ in OURS.items()
    for name, field in object_.fields.items()
    if name in CLIENT.get(type_name, {})
]


def test_the_client_has_every_type_and_field_of_ours() -> None:
    ours = {(type_name, name) for type_name, of in OURS.items() for name in of.fields}
    theirs = {(type_name, name) for type_name, of in CLIENT.items() for name in of}
    unknown = {(t, name) for t, name in ours - theirs if name not in BELOW_NODE}
    assert unknown == set()


@pytest.mark.parametrize(("expected", "field"), FIELDS)
def test_arguments_are_those_of_the_client(expected: ClientField, field: Field) -> None:
    ours = {
        argument.name: (
            python_type(
                argument.type,
                optional=argument.type.optional or argument.default is not REQUIRED,
            ),
            default_text(argument),
        )
        for argument in field.arguments
    }
    assert ours == expected.arguments


def test_the_schema_has_every_type_and_field_of_the_client() -> None:
    interfaces = {name for name in CLIENT if name.startswith("_")}
    assert CLIENT.keys() - interfaces - OURS.keys() == set()
    lacking = {
        type_name: fields.keys() - OURS[type_name].fields.keys() - BELOW_NODE
        for type_name, fields in CLIENT.items()
        if type_name in OURS
    }
    assert {name: fields for name, fields in lacking.items() if fields} == {}


@pytest.mark.parametrize("name", ["llm", "env", "cloud", "sshfsVolume"])
def test_what_the_engine_does_not_do_says_so(name: str) -> None:
    field = OURS["Query"].fields[name]
    assert field.prepare is not None
    with pytest.raises(EngineError, match="the embedded engine does not do"):
        field.prepare(None, {})  # type: ignore[arg-type]  it looks at nothing
