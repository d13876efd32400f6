"""Dockerfiles as text: continued lines, comments, flags, here-documents, directives, and what is wrong."""

from __future__ import annotations

import pytest

from portable_dagger.dockerfile.parser import Document, parse
from portable_dagger.errors import DockerfileError


def test_lines_are_joined_and_comments_dropped() -> None:
    file = parse(
        "# a comment\nfrom debian\n\nRUN one \\\n  # within\n\n  two \\  \n  three\nUSER x\n"
    )
    assert [(i.line, i.name, i.text) for i in file.instructions] == [
        (2, "FROM", "debian"),
        (4, "RUN", "one   two   three"),
        (9, "USER", "x"),
    ]


def test_flags_and_the_json_form() -> None:
    file = parse(
        "FROM --platform=linux/arm64 debian AS x\n"
        'RUN --mount=type=cache,target=/c --mount=type=tmpfs,target="/t t" ["a", "b c"]\n'
        "COPY --from=x --chown=1:2 a b\n"
        "CMD [not, json]\n"
    )
    base, run, copy, cmd = file.instructions
    assert base.flag("platform") == "linux/arm64"
    assert base.text == "debian AS x"
    assert run.flags == (("mount", "type=cache,target=/c"), ("mount", "type=tmpfs,target=/t t"))
    assert run.words == ("a", "b c")
    assert (copy.flag("from"), copy.flag("chown"), copy.text) == ("x", "1:2", "a b")
    assert cmd.words is None


def test_here_documents() -> None:
    file = parse(
        "FROM debian\n"
        "RUN cat <<EOF >/a && cat <<-'TWO'\n"
        "first $X\n"
        "EOF\n"
        "\tsecond $X\n"
        "\tTWO\n"
        "USER x\n"
    )
    run = file.instructions[1]
    assert run.documents == (
        Document("EOF", "first $X\n", expand=True),
        Document("TWO", "second $X\n", expand=False),
    )
    assert run.raw.splitlines()[-1] == "\tTWO"
    assert file.instructions[2].line == 7


def test_what_looks_like_a_here_document_and_is_none() -> None:
    assert parse("FROM debian\nRUN cat <<<word\n").instructions[1].documents == ()
    assert parse("FROM debian\nRUN echo $((1<<2))\n").instructions[1].documents == ()
    assert parse('FROM debian\nRUN ["cat", "<<EOF"]\n').instructions[1].documents == ()


def test_the_escape_directive() -> None:
    file = parse("# escape=`\nFROM debian\nRUN dir C:\\ `\n  /s\n")
    assert file.escape == "`"
    assert file.instructions[1].text == "dir C:\\   /s"


@pytest.mark.parametrize(
    "frontend", ["docker/dockerfile:1", "docker.io/docker/dockerfile:1.7-labs", "docker/dockerfile"]
)
def test_known_frontends(frontend: str) -> None:
    assert len(parse(f"# syntax={frontend}\nFROM debian\n").instructions) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FROM debian\nFROBNICATE x\n", "error on line 2: unknown instruction: FROBNICATE"),
        ("FROM debian\nRUN\n", "error on line 2: RUN needs more"),
        ("ARG X\n", "no build stage"),
        ("FROM debian\nRUN <<EOF\nx\n", "line 2: RUN: unterminated here-document EOF"),
        ("# syntax=evil/frontend\nFROM debian\n", "frontend evil/frontend is not supported"),
        ("# escape=x\nFROM debian\n", "d/Dockerfile line 1: escape=x"),
        ("FROM debian\n \\\n\n", "d/Dockerfile: parse error on line 2: no instruction"),
        ("FROM debian\nCMD [1]\n", "d/Dockerfile line 2: CMD: a JSON list must hold strings"),
        ("FROM debian\nENV --a=1 b=2\n", "line 2: ENV: unknown flag: --a"),
        ("FROM debian\nCOPY --mount=x a b\n", "line 2: COPY: unknown flag: --mount"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, message: str) -> None:
    with pytest.raises(DockerfileError, match=message):
        parse(text, "d/Dockerfile")


def test_what_buildkit_s_own_parser_makes_of_odd_lines() -> None:
    found = parse(
        "\ufeffFROM\tdebian\r\n"
        "RUN x \\\\\n"
        'RUN echo "<<EOF x"\n'
        "RUN a<<EOF\n"
        "RUN --mount=target=/x\\ y -- --z\n"
        "RUN printf 'a\x0cb'\n"
        "CMD\n"
    )
    assert [i.text for i in found.instructions] == [
        "debian",
        "x \\\\",
        'echo "<<EOF x"',
        "a<<EOF",
        "--z",
        "printf 'a\x0cb'",
        "",
    ]
    assert found.instructions[4].flag("mount") == "target=/x y"


def test_here_documents_with_odd_delimiters() -> None:
    found = parse('FROM debian\nCOPY <<"A B" 3<<C /d/\nx\nA B\n$y\nC\nUSER u\n').instructions
    assert found[1].documents == (
        Document("A B", "x\n", expand=False),
        Document("C", "$y\n", expand=True),
    )
    assert found[2].name == "USER"


def test_a_trigger_keeps_its_here_document() -> None:
    found = parse("FROM debian\nONBUILD RUN <<EOF\nhi\nEOF\nUSER u\n").instructions
    assert [(i.name, i.raw) for i in found[1:]] == [
        ("ONBUILD", "RUN <<EOF\nhi\nEOF"),
        ("USER", "u"),
    ]


def test_switches_and_the_line_that_progress_shows() -> None:
    copy = parse("FROM debian\nCOPY --link --parents=false a \\\n  b\n").instructions[1]
    assert copy.on("link")
    assert not copy.on("parents")
    assert str(copy) == "COPY --link=true --parents=false a b"
    with pytest.raises(DockerfileError, match="--link is a switch, not 'maybe'"):
        parse("FROM debian\nCOPY --link=maybe a b\n").instructions[1].on("link")
