"""The language of `dagger -c` and script files: pipelines of functions, in the words of a shell. Pure.

    container | from debian:bookworm-slim | with-exec echo "$GREETING" | stdout
    src=$(host | directory .)
    container | with-directory /src $src | …

A statement ends with a line or `;`; a line goes on after `|`, within quotes and after a backslash; `#` starts a
comment. 'Single' quotes keep everything, "double" ones let `$NAME`, `${NAME}` and `$(…)` through.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from portable_dagger.errors import CommandLineError

NAME = re.compile(r"[A-Za-z_]\w*")
BLANKS = " \t"
ENDS = "\n;"


class Variable(NamedTuple):
    """`$NAME`."""

    name: str


class Substitution(NamedTuple):
    """`$(…)`: what its last statement gives."""

    script: tuple[Statement, ...]


Part = str | Variable | Substitution


class Word(NamedTuple):
    """One word; `quoted` tells an empty or flag-like text that was quoted."""

    parts: tuple[Part, ...]
    quoted: bool = False


class Statement(NamedTuple):
    """A pipeline: commands, each on the result of the one before; or an assignment of a word's value to a name."""

    pipeline: tuple[tuple[Word, ...], ...]
    name: str = ""
    value: Word | None = None


class IncompleteError(CommandLineError):
    """The text ends within a quote, a `$(` or after a `|`: a prompt asks for more."""


def parse(text: str) -> tuple[Statement, ...]:
    """Return the statements of a script; CommandLineError names the line that does not parse."""
    reader = _Reader(text)
    script = reader.script("")
    assert reader.at == len(text)
    return script


class _Reader:
    """A recursive-descent parser over the text's characters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def script(self, end: str) -> tuple[Statement, ...]:
        """Read statements up to `end`, a closing bracket or the text's own end, and past it."""
        found: list[Statement] = []
        while True:
            self._skip(BLANKS + ENDS)
            if self._peek() == end:
                self.at += len(end)
                return tuple(found)
            if not self._peek():
                raise IncompleteError("a $( is not closed", f"add a {end}")
            found.append(self._statement())
            self._skip(BLANKS)
            if self._peek() and self._peek() not in ENDS + end:
                raise self._wrong(f"unexpected {self._peek()!r}")

    def _statement(self) -> Statement:
        named = NAME.match(self.text, self.at)
        if named and self.text[named.end() : named.end() + 1] == "=":
            self.at = named.end() + 1
            return Statement((), named.group(), self._word())
        pipeline = [self._command()]
        while self._peek() == "|":
            self.at += 1
            self._skip(BLANKS + "\n")
            if not self._peek():
                raise IncompleteError("nothing follows the last |", "add a function after it")
            pipeline.append(self._command())
        return Statement(tuple(pipeline))

    def _command(self) -> tuple[Word, ...]:
        words = []
        self._skip(BLANKS)
        while self._peek() and self._peek() not in "|)" + ENDS:
            words.append(self._word())
            self._skip(BLANKS)
        if not words:
            raise self._wrong(f"a function is missing before {self._peek()!r}")
        return tuple(words)

    def _word(self) -> Word:
        parts: list[Part] = []
        quoted = False
        while (char := self._peek()) and char not in BLANKS + ENDS + "|)":
            self.at += 1
            if char == "'":
                quoted = True
                end = self.text.find("'", self.at)
                if end < 0:
                    raise IncompleteError("a ' is not closed", "add a '")
                parts.append(self.text[self.at : end])
                self.at = end + 1
            elif char == '"':
                quoted = True
                self._double(parts)
            elif char == "$":
                parts.append(self._expansion())
            elif char == "\\":
                parts.append(self._escaped())
            elif char in "<>&`(":
                raise self._wrong(
                    f"{char!r} has no meaning here: no redirection, background or grouping"
                )
            else:
                parts.append(char)
        return Word(_joined(parts), quoted)

    def _double(self, parts: list[Part]) -> None:
        while (char := self._peek()) != '"':
            if not char:
                raise IncompleteError('a " is not closed', 'add a "')
            self.at += 1
            if char == "$":
                parts.append(self._expansion())
            elif char == "\\" and self._peek() in '"\\$`\n':
                parts.append(self._escaped())
            else:
                parts.append(char)
        self.at += 1

    def _expansion(self) -> Part:
        if self._peek() == "(":
            self.at += 1
            return Substitution(self.script(")"))
        braces = self._peek() == "{"
        found = NAME.match(self.text, self.at + braces)
        if found is None:
            return "$"
        self.at = found.end()
        if braces:
            if self._peek() != "}":
                raise self._wrong("${NAME is not closed by a }")
            self.at += 1
        return Variable(found.group())

    def _escaped(self) -> str:
        char = self._peek()
        if not char:
            raise IncompleteError("nothing follows the last backslash", "add a line")
        self.at += 1
        return "" if char == "\n" else char

    def _skip(self, chars: str) -> None:
        """Skip blanks, comments, and line ends behind a backslash."""
        while char := self._peek():
            if char == "#":
                while self._peek() not in {"", "\n"}:
                    self.at += 1
            elif self.text.startswith("\\\n", self.at):
                self.at += 2
            elif char in chars:
                self.at += 1
            else:
                return

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _wrong(self, what: str) -> CommandLineError:
        line = self.text.count("\n", 0, self.at) + 1
        return CommandLineError(f"line {line} of the script: {what}", "quote it to use it as text")


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    """Put neighbouring texts together."""
    found: list[Part] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return tuple(found)
