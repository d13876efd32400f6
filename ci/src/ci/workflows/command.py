"""Command lines of steps: which functions of a module they call. Pure.

Options are those of the command lines `./dagger` and `dagger`, before and after the verb.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

VERBS: Final = ("call", "check", "generate", "up")
"""The verbs that run a module's functions."""

MODULE: Final = ("-m", "--mod")
VALUED: Final = frozenset({
    *MODULE,
    "-c",
    "--command",
    "-o",
    "--output",
    "-w",
    "--workdir",
    "--capture",
    "--capture-key",
    "--capture-step",
    "--cloud-token",
    "--dot-output",
    "--interactive-command",
    "--progress",
})  # fmt: skip
"""Options of the command line that take a value."""

SWITCHES: Final = frozenset({
    *("-d", "--debug", "-h", "--help", "-i", "--interactive", "-j", "--json", "-l", "--list"),
    *("-q", "-qq", "--quiet", "-s", "--silent", "-v", "-vv", "-vvv", "--verbose"),
    *("-y", "--auto-apply", "-E", "--no-exit", "-M", "--no-mod"),
    *("--capture-thin", "--failfast", "--generate", "--no-generate", "--offline"),
})  # fmt: skip
"""Options of the command line that take none."""

_LENIENT: Final = frozenset({"||", "|", "|&", "&"})
"""Operators behind which nobody sees how a command ended: a step's shell has no `pipefail`."""

_OPERATOR: Final = re.compile(r"[();<>|&]+")
_REDIRECTION: Final = re.compile(r"[<>]+&?|&>+")
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*=")
_VARIABLE: Final = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


@dataclass(frozen=True, slots=True)
class Call:
    """A call: the words after the verb. open: words that the file does not tell are added when it runs.

    module: of another module, "" for the one that the command is run in.
    """

    verb: str
    words: tuple[str, ...]
    module: str = ""
    open: bool = False


def calls(text: str, env: Mapping[str, str]) -> list[Call]:
    """Return the calls of command lines; variables are replaced by the values that are known."""
    lines = text.replace("\\\n", " ").splitlines()
    found = [_call(words, env) for line in lines for words in _commands(line)]
    return [call for call in found if call is not None]


def lenient(text: str) -> bool:
    """Return whether a command of a line may fail, and the line end well: before `||`, in a pipe, or left behind."""
    try:
        return not _LENIENT.isdisjoint(_tokens(text))
    except ValueError:
        return True


def _tokens(text: str) -> list[str]:
    """Return the words and operators of a line. Raises ValueError for what no shell takes."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return list(lexer)


def _commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each command of a line; nothing of a line that no shell takes."""
    try:
        tokens = _tokens(text)
    except ValueError:
        return
    words: list[str] = []
    redirected = False
    for token in tokens:
        if redirected:
            # The name of the file, or the text: no word of the command.
            redirected = False
        elif _REDIRECTION.fullmatch(token):
            redirected = True
            # A number before it is what is redirected.
            if words and words[-1].isdecimal():
                words.pop()
        elif _OPERATOR.fullmatch(token):
            yield words
            words = []
        else:
            words.append(token)
    yield words


def _call(words: list[str], env: Mapping[str, str]) -> Call | None:
    rest = [_filled(word, env) for word in words]
    while rest and _ASSIGNMENT.match(rest[0]):
        rest.pop(0)
    # xargs gives the words of its input to the command that it runs.
    more = rest[:1] == ["xargs"]
    if more:
        rest.pop(0)
    if not rest or PurePosixPath(rest.pop(0)).name != "dagger":
        return None
    module = ""
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        name, attached, value = option.partition("=")
        if name in VALUED and not attached:
            value = rest.pop(0) if rest else ""
        if name in MODULE:
            module = value
    if not rest or rest[0] not in VERBS:
        return None
    return Call(rest[0], tuple(rest[1:]), module, more)


def _filled(word: str, env: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: env.get(found[1] or found[2], found[0]), word)
