"""Arguments of functions in scripts."""

from __future__ import annotations

import pytest

from portable_dagger.cli.flags import Literal, Value
from portable_dagger.cli.positional import Word, read
from portable_dagger.cli.typedefs import Argument, Function, Type
from portable_dagger.errors import CommandLineError

TEXT = Type("STRING_KIND")
EXEC = Function(
    "withExec",
    Type("OBJECT_KIND", "Container"),
    (
        Argument("args", Type("LIST_KIND", element=TEXT)),
        Argument("stdin", TEXT, default='""'),
        Argument("noInit", Type("BOOLEAN_KIND"), default="false"),
    ),
)
MOUNT = Function(
    "withDirectory",
    Type("OBJECT_KIND", "Container"),
    (
        Argument("path", TEXT),
        Argument("source", Type("OBJECT_KIND", "Directory")),
        Argument("exclude", Type("LIST_KIND", element=TEXT), default="[]"),
    ),
)
DIRECTORY = Literal('"an-id"')


@pytest.mark.parametrize(
    ("function", "words", "values"),
    [
        (
            EXEC,
            ["--stdin=x", "ls", "-l", "--all", "a,b", 'c"'],
            {
                "stdin": Literal('"x"'),
                "args": [Literal(t) for t in ('"ls"', '"-l"', '"--all"', '"a,b"', r'"c\""')],
            },
        ),
        (EXEC, ["--no-init", "--args=a,b"], {"noInit": Literal("true"), "args": [*"ab"]}),
        (EXEC, ["--", "--help"], {"args": [Literal('"--help"')]}),
        (MOUNT, ["/a", DIRECTORY], {"path": Literal('"/a"'), "source": DIRECTORY}),
        (
            MOUNT,
            ["--source", DIRECTORY, "/a", "--exclude", "b"],
            {"source": DIRECTORY, "path": Literal('"/a"'), "exclude": [Literal('"b"')]},
        ),
    ],
)
def test_what_words_give(function: Function, words: list[Word], values: dict[str, Value]) -> None:
    wanted = {
        name: (
            [Literal(f'"{v}"') if isinstance(v, str) else v for v in value]
            if isinstance(value, list) and not isinstance(value, Literal)
            else value
        )
        for name, value in values.items()
    }
    assert read(function, words, lambda _: ()) == wanted


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["/a"], '"with-directory" misses "source"'),
        (["/a", DIRECTORY, "more"], "takes no further argument: more"),
        (["--sauce=x"], "unknown flag: --sauce"),
        (["--sours=x"], "unknown flag: --sours"),
        (["--path"], "flag needs an argument: --path"),
    ],
)
def test_what_does_not_fit(words: list[Word], message: str) -> None:
    with pytest.raises(CommandLineError, match=message):
        read(MOUNT, words, lambda _: ())
