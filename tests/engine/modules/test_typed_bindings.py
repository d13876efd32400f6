"""Classes for editors: the SDK's own file with the types of dependencies in it."""

from __future__ import annotations

import inspect
import typing
from pathlib import Path
from typing import Any

import dagger.client.gen
import pytest

from portable_dagger.api.registry import ObjectType, Types
from portable_dagger.modules.typed_bindings import extended

if typing.TYPE_CHECKING:
    from portable_dagger.modules.loaded import LoadedModule

GEN = Path(dagger.client.gen.__file__).read_text()


def run(types: list[Types]) -> dict[str, Any]:
    """Return the names that the longer file defines."""
    found: dict[str, Any] = {"__name__": "longer"}
    code = compile(extended(GEN, types), "gen.py", "exec", dont_inherit=True)
    exec(code, found)  # noqa: S102  text of our own
    return found


@pytest.fixture
def longer(loaded: LoadedModule) -> dict[str, Any]:
    return run([loaded.api_types])


def test_classes_and_enums_are_exported(longer: dict[str, Any]) -> None:
    assert {"MyMod", "MyModCard", "MyModTone"} <= set(longer["__all__"])
    assert longer["MyModTone"].__members__.keys() == {"LOUD", "LOW_VOICE"}
    assert longer["MyMod"].__doc__ == "The main one"


def test_methods_have_the_types_that_a_caller_gives_and_gets(longer: dict[str, Any]) -> None:
    greet = longer["MyMod"].greet_all
    assert inspect.iscoroutinefunction(greet)
    assert typing.get_type_hints(greet, longer) == {
        "to": str,
        "how_often": int | None,
        "tone": longer["MyModTone"] | None,
        "source": longer["Directory"] | None,
        "may": str | None,
        "return": list[str],
    }
    kinds = [parameter.kind for parameter in inspect.signature(greet).parameters.values()]
    by_name = inspect.Parameter.KEYWORD_ONLY
    assert [kind is by_name for kind in kinds] == [False, False, True, True, True, True]
    assert typing.get_type_hints(longer["MyMod"].card, longer)["return"] is longer["MyModCard"]


def test_the_client_leads_to_the_module(longer: dict[str, Any]) -> None:
    hints = typing.get_type_hints(longer["Client"].my_mod, longer)
    assert hints == {"n": int, "return": longer["MyMod"]}


def test_without_dependencies_the_file_stays_as_it_is() -> None:
    assert extended(GEN, []) == GEN
    assert extended(GEN, [Types({"Query": ObjectType("Query")})]) == GEN
