"""Help texts and listings; the golden cases (tests/conformance/modules) read them in more detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.cli import help as help_texts
from portable_dagger.cli.chain import Chain, Types, read
from portable_dagger.cli.options import CALL, GLOBAL
from portable_dagger.cli.verbs import VERBS

if TYPE_CHECKING:
    from portable_dagger.cli.typedefs import Module

OPTIONS = (*CALL, *GLOBAL)


def section(text: str, heading: str) -> list[str]:
    lines = text.split("\n\n")
    found = [part.splitlines()[1:] for part in lines if part.splitlines()[0] == heading]
    return found[0] if found else []


def page(module: Module, types: Types, *words: str) -> str:
    chain: Chain = read([*words, "--help"], module.constructor, types, OPTIONS)
    return help_texts.call(chain, types, CALL)


def test_constructor_arguments_are_sorted_and_not_marked(module: Module, types: Types) -> None:
    assert section(page(module, types), "ARGUMENTS") == [
        "      --name string     Name of the counter",
        "      --notes strings",
        "      --start int       (default 10)",
    ]


def test_functions_and_fields_by_name(module: Module, types: Types) -> None:
    text = page(module, types)
    assert text.startswith(
        "A counter that is chained.\n\nUSAGE\n  dagger call [arguments] function\n"
    )
    commands = [line.split()[0] for line in section(text, "FUNCTIONS")]
    assert commands == sorted(commands)
    assert {"label-text", "add"} < set(commands)
    assert "listen" not in commands
    assert "  add          Add a number" in section(text, "FUNCTIONS")


def test_required_flags_are_marked(module: Module, types: Types) -> None:
    assert section(page(module, types, "names"), "ARGUMENTS") == [
        "      --source Directory   Where [required]"
    ]
    assert section(page(module, types, "data"), "ARGUMENTS") == ["      --source Directory"]


def test_enumeration_shows_its_members(module: Module, types: Types) -> None:
    assert section(page(module, types, "paint"), "ARGUMENTS") == [
        "      --colour DARK_BLUE,GREEN,RED   (default RED)"
    ]


def test_help_of_a_function_in_a_chain(module: Module, types: Types) -> None:
    text = page(module, types, "--name=c", "add")
    assert text.startswith(
        "Add a number\n\nOr not.\n\nUSAGE\n  dagger call add [arguments] function\n"
    )
    assert section(text, "ARGUMENTS") == ["      --n int"]
    assert section(text, "FUNCTIONS")


def test_table_tells_what_is_skipped(module: Module) -> None:
    text = help_texts.functions(module.objects["State"])
    assert text.splitlines()[0].split() == ["Name", "Description"]
    assert text.endswith("\n\nSkipped 1 function(s) with unsupported types: listen\n")
    assert "Skipped" not in help_texts.functions(module.objects["StateDocs"])


def test_every_verb_has_help() -> None:
    program = help_texts.program()
    for verb in VERBS:
        text = help_texts.verb(verb)
        assert verb.usage in text
        assert all(f"--{option.name}" in text for option in verb.options if not option.hidden)
        assert f"\n  {verb.name} " in program
