"""The words of a call against a module's types."""

from __future__ import annotations

import pytest

from portable_dagger.cli import queries
from portable_dagger.cli.chain import Chain, Types, read
from portable_dagger.cli.flags import Reference
from portable_dagger.cli.options import CALL, GLOBAL
from portable_dagger.cli.typedefs import Argument, Function, Module, Type
from portable_dagger.errors import CommandLineError

OPTIONS = (*CALL, *GLOBAL)


class Words:
    def __init__(self, module: Module, types: Types) -> None:
        self.module, self.types = module, types

    def read(self, *words: str) -> Chain:
        return read(list(words), self.module.constructor, self.types, OPTIONS)

    def request(self, *words: str, leaf: str = "") -> str:
        chain = self.read(*words)
        known = {r: f"id{n}" for n, r in enumerate(queries.references(chain.calls))}
        return queries.request(chain.calls, known, leaf)

    def error(self, *words: str) -> CommandLineError:
        with pytest.raises(CommandLineError) as caught:
            self.read(*words)
        return caught.value


@pytest.fixture
def words(module: Module, types: Types) -> Words:
    return Words(module, types)


def test_chain_with_flags_of_constructor_and_functions(words: Words) -> None:
    text = words.request("--name", "cnt", "--start=-2", "add", "--n", "5", "add", "value")
    assert text == '{ state(name: "cnt", start: -2) { add(n: 5) { add { value } } } }'


def test_lists_enumerations_and_switches(words: Words) -> None:
    assert words.request("--name=c", "texts", "--items", "a,b", "--items", "c") == (
        '{ state(name: "c") { texts(items: ["a", "b", "c"]) } }'
    )
    assert words.request("--name=c", "palette", "--colours", "red,DARK_BLUE") == (
        '{ state(name: "c") { palette(colours: [RED, DARK_BLUE]) } }'
    )
    assert words.request("--name=c", "flip", "--on") == '{ state(name: "c") { flip(on: true) } }'
    assert (
        words.request("--name=c", "flip", "--on=false")
        == '{ state(name: "c") { flip(on: false) } }'
    )


def test_objects_become_ids(words: Words) -> None:
    text = words.request("--name=c", "several", "--files", "a,b", "--files", "a")
    assert text == '{ state(name: "c") { several(files: ["id0", "id1", "id0"]) } }'


def test_request_for_ids(words: Words) -> None:
    wanted = queries.references(words.read("--name=c", "several", "--files", "a,b").calls)
    assert wanted == [Reference("File", "a"), Reference("File", "b")]
    text = queries.addresses(wanted)
    assert text == (
        '{ a0: address(value: "a") { file { id } } a1: address(value: "b") { file { id } } }'
    )
    data = {"a0": {"file": {"id": "one"}}, "a1": {"file": {"id": "two"}}}
    assert queries.ids(wanted, data) == {wanted[0]: "one", wanted[1]: "two"}


def test_flags_take_any_spelling_but_functions_do_not(words: Words) -> None:
    for flag in ("--user-id", "--userID", "--userId", "--user_id"):
        assert 'userId: "u1"' in words.request("--name=c", "other-name", flag, "u1")
    assert words.error("--name=c", "otherName").message == (
        'unknown command "otherName" for "dagger call"'
    )
    assert words.error("--name=c", "otherName").hint == "did you mean other-name?"


def test_options_stand_anywhere(words: Words) -> None:
    chain = words.read("--json", "--name=c", "value", "-o", "x", "-sy")
    assert chain.given == {
        "json": ["true"],
        "output": ["x"],
        "silent": ["true"],
        "auto-apply": ["true"],
    }


def test_list_of_objects_goes_on_with_each(words: Words) -> None:
    chain = words.read("--name=c", "pair", "name")
    assert queries.request(chain.calls, {}, "") == '{ state(name: "c") { pair { name } } }'
    assert chain.returns.kind == "LIST_KIND"


def test_sync_is_left_to_the_end(words: Words) -> None:
    chain = words.read("--name=c", "pair", "sync", "with-name", "--name", "d", "sync")
    assert [call.function.name for call in chain.calls] == ["state", "pair", "withName"]
    assert chain.returns.item.name == "File"


def test_word_after_a_scalar(words: Words) -> None:
    error = words.error("--name=c", "flip", "--on", "false")
    assert error.message == 'unknown command "false" for "dagger call flip"'


def test_unknown_flag_offers_the_nearest(words: Words) -> None:
    error = words.error("--name=c", "text", "--valeu", "x")
    assert error.message == "unknown flag: --valeu"
    assert error.hint == "did you mean --value?"


def test_constructor_flag_after_a_function_is_unknown(words: Words) -> None:
    assert words.error("value", "--name", "c").message == "unknown flag: --name"


def test_missing_flags(words: Words) -> None:
    assert words.error("--name=c", "text").message == 'required flag(s) "value" not set'
    assert words.error("value").message == 'missing required argument: "name"'


def test_flag_without_its_value(words: Words) -> None:
    assert words.error("--name").message == "flag needs an argument: --name"
    assert words.error("-o").message == "flag needs an argument: -o"


def test_default_path_and_optional_need_no_flag(words: Words) -> None:
    assert words.request("--name=c", "data") == '{ state(name: "c") { data } }'
    assert words.request("--name=c", "maybe") == '{ state(name: "c") { maybe } }'


def test_function_with_an_interface_cannot_be_called(words: Words) -> None:
    assert words.error("--name=c", "listen").message == 'unknown command "listen" for "dagger call"'


def test_help_needs_no_required_flags(words: Words) -> None:
    chain = words.read("add", "--help")
    assert chain.help
    assert [call.function.name for call in chain.calls] == ["state", "add"]
    assert words.read().help


def test_settings_fill_what_is_left_out(module: Module, types: Types) -> None:
    def setting(function: Function, argument: Argument) -> str | None:
        return {("state", "name"): "set", ("text", "value"): "v"}.get(
            (function.name, argument.name)
        )

    chain = read(["text"], module.constructor, types, OPTIONS, setting)
    assert queries.request(chain.calls, {}, "") == '{ state(name: "set") { text(value: "v") } }'


def test_flag_of_an_object(words: Words) -> None:
    chain = words.read("--name=c", "names", "--source", "nope")
    assert queries.flag_of(chain.calls, Reference("Directory", "nope")) == "--source"


def test_a_root_without_a_name(types: Types) -> None:
    root = Function("", Type("OBJECT_KIND", "File"))
    chain = read(["name"], root, types, OPTIONS)
    assert queries.request(chain.calls, {}, "") == "{ name }"
    assert queries.path(chain.calls, "") == ["name"]
