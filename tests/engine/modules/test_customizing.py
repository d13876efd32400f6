"""What a module changes of those that it installs."""

from pathlib import Path
from typing import Any

import pytest

from portable_dagger.api.kinds import TypeDefKind
from portable_dagger.errors import ModuleConfigError
from portable_dagger.modules import marked
from portable_dagger.modules.config import Customization, Dependency, ModuleConfig, PythonProject
from portable_dagger.modules.customizing import Installed
from portable_dagger.modules.source import ModuleSource
from portable_dagger.modules.typedefs import Function, FunctionArg, Module, TypeDef

TEXT = TypeDef(TypeDefKind.STRING_KIND)
WHOLE = TypeDef(TypeDefKind.INTEGER_KIND)
FILES = TypeDef(TypeDefKind.OBJECT_KIND, "Directory")
GREETING = TypeDef(
    TypeDefKind.OBJECT_KIND,
    "Greeting",
    functions=(
        Function("to_planet", TEXT, args=(FunctionArg("planet", TEXT, default_value='"Earth"'),)),
        Function("is_polite", TEXT, check=True),
    ),
)
MAIN = TypeDef(
    TypeDefKind.OBJECT_KIND,
    "Hello",
    functions=(
        Function("greet", TypeDef(TypeDefKind.OBJECT_KIND, "Greeting")),
        Function("repeat", TEXT, args=(FunctionArg("how_often", WHOLE),)),
        Function("is_fine", TEXT, check=True),
        Function("write", TEXT, generate=True),
        Function("serve", TEXT, up=True),
    ),
    constructor=Function(
        "",
        TypeDef(TypeDefKind.OBJECT_KIND, "Hello"),
        args=(FunctionArg("source", FILES, default_path="/"),),
    ),
)
TYPES = Module("hello", objects=(MAIN, GREETING))


def customized(**entry: Any) -> Module:  # noqa: ANN401  fields of a Dependency
    config = ModuleConfig("app", "")
    by = ModuleSource(Path("/app"), Path("/app"), config, PythonProject())
    return Installed(by, Dependency("../hello", **entry), "toolchains").customized(TYPES, "Hello")


def argument(types: Module, owner: str, function: str) -> FunctionArg:
    found = types.object(owner)
    assert found is not None
    functions = [*found.functions, *([found.constructor] if found.constructor else [])]
    return next(f for f in functions if f.name == function).args[0]


def test_nothing_changes_by_itself() -> None:
    assert customized() == TYPES


@pytest.mark.parametrize(("given", "text"), [(3, "3"), ("3", "3"), ("three", '"three"')], ids=str)
def test_default_of_a_function(given: object, text: str) -> None:
    change = Customization("howOften", ("repeat",), default=given)
    made = argument(customized(customizations=(change,)), "Hello", "repeat")
    assert (made.default_value, made.customized, made.required) == (text, True, False)


def test_default_in_a_chain() -> None:
    change = Customization("planet", ("greet", "toPlanet"), default="4")
    made = argument(customized(customizations=(change,)), "Greeting", "to_planet")
    assert made.default_value == '"4"'


def test_defaults_of_the_constructor() -> None:
    change = Customization("source", default_path="./docs", ignore=("*.tmp",))
    made = argument(customized(customizations=(change,)), "Hello", "")
    assert (made.default_path, made.ignore, made.customized) == ("./docs", ("*.tmp",), False)
    change = Customization("source", default_address="alpine")
    made = argument(customized(customizations=(change,)), "Hello", "")
    assert (made.default_path, made.default_address) == ("", "alpine")


def test_marks_that_are_taken_off() -> None:
    def names(types: Module) -> list[str]:
        return [":".join(one.path) for one in marked.find(types, "Hello")]

    # a constructor with a default path needs no argument
    assert names(TYPES) == ["greet:is-polite", "is-fine", "serve", "write"]
    ignored = customized(ignore_checks=("is-*", "greet:**"), ignore_generators=("write",))
    assert names(ignored) == ["serve"]
    assert names(customized(ignore_services=("serve", "is-fine"))) == [
        "greet:is-polite",
        "is-fine",
        "write",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            Customization("x", ("nope",)),
            "nope: there is no function nope; there are: greet, repeat",
        ),
        (Customization("x", ("repeat", "greet")), "repeat returns no object of the module"),
        (Customization("x", ("repeat",)), "repeat has no argument 'x'; there are: howOften"),
        (Customization("x"), "the constructor has no argument 'x'; there are: source"),
    ],
)
def test_what_is_not_there(change: Customization, message: str) -> None:
    wanted = f'/app/dagger.json: key "customizations" of ../hello: .*{message}'
    with pytest.raises(ModuleConfigError, match=wanted):
        customized(customizations=(change,))
