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
        ("FROM debian\nRUN <<EOF\nx\n", "line 2: unterminated here-document EOF"),
        ("# syntax=evil/frontend\nFROM debian\n", "frontend evil/frontend is not supported"),
        ("# escape=x\nFROM debian\n", "escape=x"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, message: str) -> None:
    with pytest.raises(DockerfileError, match=message):
        parse(text)
