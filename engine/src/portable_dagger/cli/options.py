"""The command line's own options, declared once: the parser, the help texts and the documentation's test read them.

Options of the tables below are understood anywhere on the line; a function's own flag of the same name goes first.
"""

from __future__ import annotations

from typing import NamedTuple

from portable_dagger.cli.suggestions import nearest
from portable_dagger.errors import CommandLineError


class Option(NamedTuple):
    """One option; `value` names its value in help, and is empty for a switch."""

    name: str
    help: str
    value: str = ""
    short: str = ""
    repeatable: bool = False
    variable: str = ""
    hidden: bool = False


Given = dict[str, list[str]]
"""The texts given for each option, by its name; a switch that is on has one item each time it was given."""

GLOBAL = (
    Option(
        "capture",
        "keep a step that fails, with all that it needs to fail again, in a file in this folder",
        "folder",
        variable="PORTABLE_DAGGER_CAPTURE",
    ),
    Option(
        "capture-key",
        "the private key (PEM) that signs what is captured: a file, or a secret such as env://KEY",
        "file",
    ),
    Option(
        "capture-step",
        "also capture steps with this in their command that pass (wildcards are understood)",
        "pattern",
    ),
    Option("capture-thin", "leave out what the images of the steps have; for readers who have it"),
    Option("debug", "show what is asked of the engine", short="d"),
    Option("help", "show this help", short="h"),
    Option("interactive", "open a shell in the container of a step that fails", short="i"),
    Option(
        "offline",
        "give containers no network but their services; the engine still fetches images and git",
    ),
    Option(
        "progress",
        "how to show progress: auto, plain, tty, dots, logs",
        "string",
        variable="DAGGER_PROGRESS",
    ),
    Option(
        "quiet", "show less: -q no output of steps, -qq only failures", short="q", repeatable=True
    ),
    Option("silent", "show no progress", short="s", variable="DAGGER_SILENT"),
    Option(
        "verbose",
        "show more: -v also what services print, and what each step is part of",
        short="v",
        repeatable=True,
    ),
    Option("workdir", "run as if started in this folder", "string", short="w"),
)
MODULE = (
    Option(
        "mod",
        "module: path of a folder in or below it, or a git reference (default: this folder)",
        "string",
        short="m",
    ),
)
NO_MODULE = (Option("no-mod", "load no module: the engine's own API only", short="M"),)
APPLY = (Option("auto-apply", "apply changes without asking", short="y"),)
COMMAND = Option("command", "run these pipelines", "string", short="c", repeatable=True)
CALL = (
    *MODULE,
    *NO_MODULE,
    *APPLY,
    Option("json", "print the result as JSON", short="j"),
    Option("output", "save the result to this path", "string", short="o"),
)


def find(options: tuple[Option, ...], word: str) -> Option | None:
    """Return the option that `--name` or `-n` names."""
    for option in options:
        if word in {f"--{option.name}", f"-{option.short}"}:
            return option
    return None


class Words:
    """A command line that is read from the left."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.at = 0

    def next(self) -> str | None:
        """Take the next word; None at the end."""
        if self.at == len(self.words):
            return None
        self.at += 1
        return self.words[self.at - 1]

    def value_of(self, flag: str, attached: str | None) -> str:
        """Return what follows `=`, else take the next word; CommandLineError at the end."""
        if attached is not None:
            return attached
        value = self.next()
        if value is None:
            raise CommandLineError(f"flag needs an argument: {flag}")
        return value

    def rest(self) -> list[str]:
        """Take everything that is left."""
        left = self.words[self.at :]
        self.at = len(self.words)
        return left


def take(options: tuple[Option, ...], word: str, words: Words, given: Given) -> bool:
    """Take `word`, and its value, if it is one of the options; several short ones may be written as one (`-sy`)."""
    name, equals, text = word.partition("=")
    attached = text if equals else None
    if word.startswith("--"):
        option = find(options, name)
        if option is None:
            return False
        _keep(option, name, attached, words, given)
        return True
    letters = word[1:]
    first = find(options, f"-{letters[:1]}")
    if first is None:
        return False
    while letters:
        option = find(options, f"-{letters[0]}")
        if option is None:
            raise CommandLineError(f"unknown shorthand flag: '{letters[0]}' in {word}")
        letters = letters[1:]
        if option.value:
            attached = letters.removeprefix("=") or None
            letters = ""
        else:
            attached = None
        _keep(option, f"-{option.short}", attached, words, given)
    return True


def _keep(option: Option, flag: str, attached: str | None, words: Words, given: Given) -> None:
    texts = given.setdefault(option.name, [])
    if option.value:
        texts.append(words.value_of(flag, attached))
    elif attached in {None, "true", "1"}:
        texts.append("true")
    elif attached in {"false", "0"}:
        texts.clear()
    else:
        raise CommandLineError(
            f'invalid argument "{attached}" for "{flag}" flag: true or false is wanted'
        )


def parse(options: tuple[Option, ...], arguments: list[str], verb: str) -> tuple[Given, list[str]]:
    """Split a verb's arguments into options and the rest; CommandLineError for an unknown option.

    What follows `--` is no option.
    """
    words, given, rest = Words(arguments), Given(), []
    while (word := words.next()) is not None:
        if word == "--":
            rest.extend(words.rest())
        elif len(word) > 1 and word.startswith("-"):
            if not take(options, word, words, given):
                raise unknown(word, [option.name for option in options], verb)
        else:
            rest.append(word)
    return given, rest


def scan(options: tuple[Option, ...], arguments: list[str]) -> Given:
    """Return the options among words that cannot be read yet, since the module that tells their flags is not loaded.

    As in the reference command line, a flag that is none of the options is taken to have the next word as its value
    unless that looks like a flag.
    """
    words, given = Words(arguments), Given()
    while (word := words.next()) is not None:
        if len(word) > 1 and word.startswith("-") and not take(options, word, words, given):
            following = arguments[words.at : words.at + 1]
            if "=" not in word and following and not following[0].startswith("-"):
                words.next()
    return given


def merged(first: Given, second: Given) -> Given:
    """Return the options of two places on the line, those of the second one later."""
    return {name: [*first.get(name, []), *second.get(name, [])] for name in {**first, **second}}


def unknown(word: str, known: list[str], command: str) -> CommandLineError:
    """Return the error for a flag that nothing here has; it offers the nearest names."""
    hint = f"run 'dagger {command} --help' to see the flags".replace("  ", " ")
    if not word.startswith("--"):
        return CommandLineError(f"unknown shorthand flag: '{word[1:2]}' in {word}", hint)
    name = word[2:].partition("=")[0]
    found = nearest(name, known)
    if found:
        hint = "did you mean " + " or ".join(f"--{near}" for near in found) + "?"
    return CommandLineError(f"unknown flag: --{name}", hint)
