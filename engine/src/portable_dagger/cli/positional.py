"""The arguments of a function in a script: required ones by position, all of them by flag. Pure.

with-exec echo hi          the only required argument is a list: it takes all words that follow its first
with-new-file a.txt text   required arguments in their order
with-exec --stdin=x cat    flags stand anywhere else; what follows `--` is none
"""

from __future__ import annotations

from portable_dagger.cli import flags
from portable_dagger.cli.suggestions import nearest
from portable_dagger.cli.typedefs import BOOLEAN, LIST, Argument, Function
from portable_dagger.errors import CommandLineError
from portable_dagger.modules.names import kebab

Word = str | flags.Literal
"""A text, or an object's ID."""


def read(function: Function, words: list[Word], members: flags.Members) -> dict[str, flags.Value]:
    """Return the values of the arguments, by their API names; CommandLineError for what does not fit."""
    given: dict[str, list[Word]] = {}
    waiting = [argument for argument in function.args if argument.required]
    takes_rest = len(waiting) == 1 and waiting[0].type.kind == LIST
    left, plain = list(words), False
    while left:
        word = left.pop(0)
        if isinstance(word, str) and not plain and word.startswith("--"):
            plain = word == "--"
            if not plain:
                argument, value = _flag(function, word, left)
                given.setdefault(argument.name, []).append(value)
                waiting = [a for a in waiting if a.name != argument.name or takes_rest]
            continue
        if not waiting:
            raise CommandLineError(
                f'"{function.command}" takes no further argument: {_shown(word)}',
                f"see: .doc {function.command}",
            )
        argument = waiting[0]
        if takes_rest:
            plain = True
        else:
            waiting.pop(0)
        item = _one(word) if argument.type.kind == LIST and isinstance(word, str) else word
        given.setdefault(argument.name, []).append(item)
    missing = [f'"{a.flag}"' for a in function.args if a.required and a.name not in given]
    if missing:
        raise CommandLineError(
            f'"{function.command}" misses {", ".join(missing)}', f"see: .doc {function.command}"
        )
    known = {argument.name: argument for argument in function.args}
    return {name: _value(known[name], items, members) for name, items in given.items()}


def _flag(function: Function, word: str, left: list[Word]) -> tuple[Argument, Word]:
    name, equals, text = word[2:].partition("=")
    for argument in function.args:
        if argument.flag == kebab(name):
            if equals:
                return argument, text
            if argument.type.kind == BOOLEAN:
                return argument, "true"
            if not left:
                raise CommandLineError(f"flag needs an argument: --{name}")
            return argument, left.pop(0)
    near = nearest(name, (argument.flag for argument in function.args))
    raise CommandLineError(
        f"unknown flag: --{name}",
        f"did you mean --{' or --'.join(near)}?" if near else f"see: .doc {function.command}",
    )


def _value(argument: Argument, given: list[Word], members: flags.Members) -> flags.Value:
    if argument.type.element is None:
        last = given[-1]
        return flags.parse(argument, [last], members) if isinstance(last, str) else last
    items: list[flags.Value] = []
    for word in given:
        if isinstance(word, str):
            parsed = flags.parse(argument, [word], members)
            assert isinstance(parsed, list)
            items += parsed
        else:
            items.append(word)
    return items


def _one(text: str) -> str:
    """Return a text such that a list's flag takes it as one item."""
    return '"' + text.replace('"', '""') + '"'


def _shown(word: Word) -> str:
    return word if isinstance(word, str) else "an object"
