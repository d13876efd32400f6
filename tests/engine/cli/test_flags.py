"""Values of flags, by the type of their argument."""

from __future__ import annotations

import pytest

from portable_dagger.cli import flags
from portable_dagger.cli.flags import Literal, Reference
from portable_dagger.cli.typedefs import Argument, Type
from portable_dagger.errors import CommandLineError

MEMBERS = {"Colour": ("RED", "DARK_BLUE", "GREEN")}


def argument(type_: Type, default: str | None = None) -> Argument:
    return Argument("x", type_, default=default)


def scalar(kind: str, name: str | None = None) -> Type:
    return Type(kind, name)


def list_of(element: Type) -> Type:
    return Type("LIST_KIND", element=element)


STRING, INTEGER = scalar("STRING_KIND"), scalar("INTEGER_KIND")
FLOAT, BOOLEAN = scalar("FLOAT_KIND"), scalar("BOOLEAN_KIND")
COLOUR = scalar("ENUM_KIND", "Colour")


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [
        (STRING, 'a "b"\n\\é', '"a \\"b\\"\\n\\\\é"'),
        (STRING, "", '""'),
        (INTEGER, "-2", "-2"),
        (INTEGER, "0x10", "16"),
        (FLOAT, "1e3", "1000.0"),
        (FLOAT, "2", "2.0"),
        (BOOLEAN, "true", "true"),
        (BOOLEAN, "F", "false"),
        (COLOUR, "dark_blue", "DARK_BLUE"),
        (scalar("SCALAR_KIND", "Platform"), "linux/arm64", '"linux/arm64"'),
        (scalar("INPUT_KIND", "BuildArg"), "a=b=c", '{name: "a", value: "b=c"}'),
        (scalar("INPUT_KIND", "PortForward"), "8080:80", "{frontend: 8080, backend: 80}"),
        (
            scalar("INPUT_KIND", "PortForward"),
            "53:53/udp",
            "{frontend: 53, backend: 53, protocol: UDP}",
        ),
    ],
)
def test_literal(type_: Type, text: str, expected: str) -> None:
    assert flags.parse(argument(type_), [text], MEMBERS.__getitem__) == Literal(expected)


@pytest.mark.parametrize(
    ("type_", "text", "part"),
    [
        (INTEGER, "1.5", 'invalid argument "1.5" for "--x" flag: a whole number is wanted'),
        (FLOAT, "nan", "a finite number is wanted"),
        (BOOLEAN, "yes", "true or false is wanted"),
        (COLOUR, "dark-blue", "one of DARK_BLUE,GREEN,RED is wanted"),
        (scalar("INPUT_KIND", "BuildArg"), "a", "NAME=VALUE"),
        (scalar("INPUT_KIND", "PortForward"), "80", "FRONTEND:BACKEND"),
        (list_of(STRING), '"a', 'invalid argument ""a" for "--x" flag: unexpected end of data'),
        (STRING, "\udcff", "surrogates not allowed"),
    ],
)
def test_what_does_not_fit_is_named(type_: Type, text: str, part: str) -> None:
    with pytest.raises(CommandLineError) as caught:
        flags.parse(argument(type_), [text], MEMBERS.__getitem__)
    assert part in caught.value.message


def test_list_from_commas_quotes_and_repetition() -> None:
    given = ['a,"b,c",d', "e f"]
    found = flags.parse(argument(list_of(STRING)), given, MEMBERS.__getitem__)
    assert found == [Literal(f'"{text}"') for text in ("a", "b,c", "d", "e f")]


def test_empty_list() -> None:
    assert flags.parse(argument(list_of(INTEGER)), [""], MEMBERS.__getitem__) == []


def test_last_one_counts_where_there_is_no_list() -> None:
    assert flags.parse(argument(INTEGER), ["1", "2"], MEMBERS.__getitem__) == Literal("2")


def test_objects_are_asked_for_by_address() -> None:
    found = flags.parse(
        argument(scalar("OBJECT_KIND", "Directory")), ["./a b"], MEMBERS.__getitem__
    )
    assert found == Reference("Directory", "./a b")
    assert isinstance(found, Reference)
    assert found.query == 'address(value: "./a b") { directory { id } }'


def test_objects_that_have_no_address() -> None:
    assert Reference("CacheVolume", "pip").query == 'cacheVolume(key: "pip") { id }'
    assert (
        Reference("Module", "./ci").query == 'moduleSource(refString: "./ci") { asModule { id } }'
    )


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("env://TOKEN", "env://TOKEN"),
        ("env:TOKEN", "env://TOKEN"),
        ("TOKEN", "env://TOKEN"),
        ("file:./t", "file://./t"),
        ("cmd://printf x", "cmd://printf x"),
        ("vault://a/b", "vault://a/b"),
    ],
)
def test_spellings_of_secrets(given: str, address: str) -> None:
    assert flags.secret_address(given) == address


@pytest.mark.parametrize(
    ("type_", "word"),
    [
        (STRING, "string"),
        (list_of(STRING), "strings"),
        (INTEGER, "int"),
        (BOOLEAN, ""),
        (list_of(BOOLEAN), "bools"),
        (COLOUR, "DARK_BLUE,GREEN,RED"),
        (list_of(COLOUR), "DARK_BLUE,GREEN,RED"),
        (scalar("OBJECT_KIND", "Directory"), "Directory"),
        (scalar("SCALAR_KIND", "Platform"), "Platform"),
    ],
)
def test_word_in_help(type_: Type, word: str) -> None:
    assert flags.word(type_, MEMBERS.__getitem__) == word


@pytest.mark.parametrize(
    ("type_", "default", "shown"),
    [
        (STRING, '"abc"', '"abc"'),
        (COLOUR, '"RED"', "RED"),
        (INTEGER, "3", "3"),
        (BOOLEAN, "true", "true"),
        (FLOAT, "0.5", "0.5"),
        (INTEGER, "0", ""),
        (BOOLEAN, "false", ""),
        (STRING, '""', ""),
        (STRING, "null", ""),
        (STRING, None, ""),
        (list_of(STRING), '["a"]', ""),
    ],
)
def test_default_in_help(type_: Type, default: str | None, shown: str) -> None:
    assert flags.shown_default(argument(type_, default)) == shown


def test_types_without_a_flag() -> None:
    assert not flags.supported(scalar("INTERFACE_KIND", "Sounder"))
    assert not flags.supported(list_of(scalar("OBJECT_KIND", "Changeset")))
    assert flags.supported(list_of(scalar("OBJECT_KIND", "File")))
