"""A module's types as the API's."""

from dataclasses import replace

import pytest

from portable_dagger.api.kinds import TypeDefKind
from portable_dagger.api.registry import REQUIRED, Scope, Types
from portable_dagger.api.schema import Schema
from portable_dagger.errors import ModuleLoadError
from portable_dagger.modules.loaded import LoadedModule
from portable_dagger.modules.typedefs import FieldTypeDef, Function, FunctionArg, Module, TypeDef


def test_names_are_namespaced(loaded: LoadedModule) -> None:
    assert set(loaded.api_types.objects) == {"Query", "MyMod", "MyModCard"}
    assert set(loaded.api_types.enums) == {"MyModTone"}
    assert list(loaded.api_types.objects["Query"].fields) == ["myMod"]
    assert list(loaded.api_types.objects["MyMod"].fields) == [
        "labelText",
        "greetAll",
        "isFine",
        "card",
    ]


def test_signatures(loaded: LoadedModule) -> None:
    fields = loaded.api_types.objects["MyMod"].fields
    assert str(fields["greetAll"].type) == "[String!]!"
    assert str(fields["card"].type) == "MyModCard!"
    assert str(fields["isFine"].type) == "Void"
    arguments = {a.name: (str(a.type), a.default) for a in fields["greetAll"].arguments}
    assert arguments == {
        "to": ("String!", REQUIRED),
        "howOften": ("Int!", 3),
        "tone": ("MyModTone!", "LOW_VOICE"),
        "source": ("Directory!", None),
        "may": ("String", None),
    }


def test_cache_policies_are_scopes(loaded: LoadedModule) -> None:
    fields = loaded.api_types.objects["MyMod"].fields
    # It is given files of the host.
    assert fields["greetAll"].scope is Scope.SESSION
    assert fields["isFine"].scope is Scope.CALL
    assert fields["card"].scope is Scope.SESSION


def test_enum_members_have_two_names(loaded: LoadedModule) -> None:
    assert loaded.own_member("Tone", "LOW_VOICE") == "lowVoice"
    assert loaded.enum_member("Tone", "lowVoice").name == "LOW_VOICE"
    assert loaded.own_member("NetworkProtocol", "TCP") == "TCP"


def test_a_schema_comes_of_it(loaded: LoadedModule, core: Types) -> None:
    schema = Schema(replace(loaded.client_types, interfaces={"Node": core.objects["File"]}))
    assert str(schema.graphql.query_type.fields["myMod"].type) == "MyMod!"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("main", "problem"),
    [
        (
            TypeDef(
                TypeDefKind.OBJECT_KIND,
                "MyMod",
                functions=(Function("x", TypeDef(TypeDefKind.OBJECT_KIND, "Elsewhere")),),
            ),
            "type Elsewhere is neither its own nor one of the API",
        ),
        (
            TypeDef(TypeDefKind.OBJECT_KIND, "MyMod", fields=(FieldTypeDef("id", TypeDef()),)),
            "'id' is no name for a field or function",
        ),
        (TypeDef(TypeDefKind.OBJECT_KIND, "Other"), "registered no main object MyMod"),
    ],
)
def test_what_the_api_does_not_allow(
    loaded: LoadedModule, core: Types, main: TypeDef, problem: str
) -> None:
    with pytest.raises(ModuleLoadError, match=problem):
        loaded.adopt(Module("my-mod", objects=(main,)), core)


def test_an_interface_is_a_type_that_any_object_with_its_fields_fits(
    loaded: LoadedModule, registered: Module, core: Types
) -> None:
    text = TypeDef(TypeDefKind.STRING_KIND)
    sounder = TypeDef(TypeDefKind.INTERFACE_KIND, "Sounder", functions=(Function("sound", text),))
    listen = Function(
        "listen", TypeDef(), args=(FunctionArg("to", replace(sounder, functions=())),)
    )
    sound = Function("sound", text)
    silent = Function("sound", TypeDef(TypeDefKind.INTEGER_KIND))
    main = replace(registered.objects[0], functions=(listen, sound))
    other = TypeDef(TypeDefKind.OBJECT_KIND, "Other", functions=(silent,))
    types = replace(registered, objects=(main, other), interfaces=(sounder,), enums=())
    loaded.adopt(types, core)
    objects = loaded.api_types.objects
    assert str(objects["MyMod"].fields["listen"].arguments[0].type) == "MyModSounder!"
    assert objects["MyModSounder"].fits(objects["MyMod"])
    assert not objects["MyModSounder"].fits(objects["MyModOther"])
    assert not objects["MyMod"].fits(objects["MyModSounder"])
