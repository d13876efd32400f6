"""The language of `dagger -c`: texts to statements."""

from __future__ import annotations

import pytest

from portable_dagger.cli.script import (
    IncompleteError,
    Statement,
    Substitution,
    Variable,
    Word,
    parse,
)
from portable_dagger.errors import CommandLineError


def words(*texts: str) -> tuple[Word, ...]:
    return tuple(Word((text,)) for text in texts)


def test_a_pipeline_over_lines_with_comments() -> None:
    text = "# first\ncontainer | # then\n  from debian#1 \\\n  x | stdout; version\n"
    assert parse(text) == (
        Statement((words("container"), words("from", "debian#1", "x"), words("stdout"))),
        Statement((words("version"),)),
    )


def test_quotes_keep_what_they_should() -> None:
    text = r"""f 'a $b "c"' "d $e \" \n" g\ h '' "i"j"""
    (statement,) = parse(text)
    assert statement.pipeline[0][1:] == (
        Word(('a $b "c"',), quoted=True),
        Word(("d ", Variable("e"), ' " \\n'), quoted=True),
        Word(("g h",)),
        Word((), quoted=True),
        Word(("ij",), quoted=True),
    )


def test_expansions() -> None:
    text = 'f --a=$(g | h "$(i)") ${b}c $'
    inner = Substitution(
        (Statement((words("g"), (Word(("h",)), Word((Substitution(parse("i")),), quoted=True)))),)
    )
    (statement,) = parse(text)
    assert statement.pipeline[0][1:] == (
        Word(("--a=", inner)),
        Word((Variable("b"), "c")),
        Word(("$",)),
    )


def test_assignments_are_no_commands() -> None:
    assert parse("a=b; c=$(d)") == (
        Statement((), "a", Word(("b",))),
        Statement((), "c", Word((Substitution(parse("d")),))),
    )
    assert parse("f a=b") == (Statement((words("f", "a=b"),)),)


@pytest.mark.parametrize("text", ["a |", "a 'b", 'a "b', "a $(b", "a \\", "a |\n# more\n"])
def test_what_a_prompt_asks_more_for(text: str) -> None:
    with pytest.raises(IncompleteError):
        parse(text)


@pytest.mark.parametrize("text", ["a | | b", "| a", "a\nb > c", "a & b", "a )", "a ${b", "x=1 y"])
def test_what_does_not_parse(text: str) -> None:
    with pytest.raises(CommandLineError, match=r"line \d of the script") as caught:
        parse(text)
    assert not isinstance(caught.value, IncompleteError)
