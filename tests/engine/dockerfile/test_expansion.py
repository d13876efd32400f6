"""Words and variables of Dockerfiles."""

from __future__ import annotations

import pytest

from portable_dagger.dockerfile.expansion import Expander, split
from portable_dagger.errors import DockerfileError

EXPANDER = Expander({"A": "one", "EMPTY": "", "PATH": "/x/y.tar.gz"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A-${A}", "one-one"),
        ("$NO.", "."),
        ("${NO:-d}${EMPTY:-e}${EMPTY-f}", "de"),
        ("${A:+alt}${NO:+alt}${EMPTY+there}", "altthere"),
        ("${NO:-${A}}", "one"),
        (r"\$A", "$A"),
        ("'$A'", "$A"),
        ('"$A b"', "one b"),
        (r'"a\"b"', 'a"b'),
        (r"a\ b", "a b"),
        (r'"\d"', r"\d"),
        ("${PATH#*/}", "x/y.tar.gz"),
        ("${PATH##*/}", "y.tar.gz"),
        ("${PATH%.*}", "/x/y.tar"),
        ("${PATH%%.*}", "/x/y"),
        ("${PATH/y/z}", "/x/z.tar.gz"),
        ("${PATH//a/A}", "/x/y.tAr.gz"),
        (r"${PATH//\//-}${PATH/y*r}", "-x-y.tar.gz/x/.gz"),
        (r"${NO:-'}'}${NO:-\}}${NO:-a}}", "}}a}"),
        ("100%$", "100%$"),
    ],
)
def test_words(text: str, expected: str) -> None:
    assert EXPANDER.word(text) == expected


def test_a_here_document_keeps_its_quotes() -> None:
    assert EXPANDER.plain("${NO:-it}'s ${A}") == "it's one"
    assert EXPANDER.plain('it\'s "$A" \\$A \\n\n') == 'it\'s "one" $A \\n\n'


def test_lines_are_split_outside_of_quotes() -> None:
    assert split("a \"b c\"  d\\ e 'f g'h") == ["a", '"b c"', "d\\ e", "'f g'h"]
    assert EXPANDER.words("a \"b $A\" '$A'") == ["a", "b one", "$A"]


def test_pairs_in_both_forms() -> None:
    assert EXPANDER.pairs('X=1 "Y Z"="two words" W=$A') == [
        ("X", "1"),
        ("Y Z", "two words"),
        ("W", "one"),
    ]
    assert EXPANDER.pairs("X all of $A") == [("X", "all of one")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${A", "missing }"),
        ("${NO:?must be given}", "NO: must be given"),
        ("${A!x}", "unsupported modifier"),
        ("'open", "unexpected end"),
    ],
)
def test_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(DockerfileError, match=message):
        EXPANDER.word(text)


def test_a_name_alone_is_no_pair() -> None:
    with pytest.raises(DockerfileError, match="X must have a value"):
        EXPANDER.pairs("X")
    with pytest.raises(DockerfileError, match="Y is no name=value"):
        EXPANDER.pairs("X=1 Y")
