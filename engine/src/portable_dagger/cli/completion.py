"""`dagger completion`: scripts for shells; they ask `completion words -- WORD …` what the last word may become."""

from __future__ import annotations

import sys

from portable_dagger.cli import display, verbs
from portable_dagger.cli.chain import Types, own_flags, visible
from portable_dagger.cli.client import Session
from portable_dagger.cli.module_root import chosen, root, types
from portable_dagger.cli.options import GLOBAL, Given, Option, Words, scan, take
from portable_dagger.cli.typedefs import BOOLEAN, ENUM, Function
from portable_dagger.errors import CommandLineError, EngineError

BASH = """\
_dagger() {
    local IFS=$'\\n'
    COMPREPLY=($("${COMP_WORDS[0]}" completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _dagger dagger ./dagger
"""
ZSH = """\
#compdef dagger
_dagger() {
    local -a found
    found=("${(@f)$("${words[1]}" completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; else _files; fi
}
compdef _dagger dagger ./dagger
"""
FISH = """\
function __dagger_words
    set -l words (commandline -opc)
    $words[1] completion words -- $words[2..] (commandline -ct) 2>/dev/null
end
complete -c dagger -a '(__dagger_words)'
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
WITH_FUNCTIONS = {"call", "core", "functions"}


def run(_: Given, arguments: list[str]) -> int:
    """Print a shell's script, or the words that may stand in the last one's place."""
    if arguments[:2] == ["words", "--"]:
        *before, partial = arguments[2:] or [""]
        try:
            found = words(before, partial)
        except EngineError:
            # Whoever runs the command line will be told; a shell in the midst of typing has no place for it.
            found = []
        sys.stdout.write("".join(f"{word}\n" for word in found if word.startswith(partial)))
        return 0
    if len(arguments) != 1 or arguments[0] not in SCRIPTS:
        raise CommandLineError("which shell?", f"one of {', '.join(SCRIPTS)}")
    sys.stdout.write(SCRIPTS[arguments[0]])
    return 0


def words(before: list[str], partial: str) -> list[str]:
    """Return what may follow `before`; flags only where the last word begins like one."""
    left, given = Words(before), Given()
    while (word := left.next()) is not None and word.startswith("-"):
        take(GLOBAL, word, left, given)
    if word is None:
        if partial.startswith("-"):
            return _flags(GLOBAL)
        return [verb.name for verb in verbs.VERBS if not verb.hidden]
    verb = verbs.find(word)
    if verb is None:
        return []
    options = (*verb.options, *GLOBAL)
    if word not in WITH_FUNCTIONS:
        return _flags(options) if partial.startswith("-") else []
    rest = left.rest()
    given = scan(options, rest)
    if word == "core":
        given["no-mod"] = ["true"]
    with Session(display.renderer({"silent": ["true"]})) as session:
        return following(rest, partial, root(chosen(session, given)), types(session), options)


def following(
    before: list[str], partial: str, start: Function, known: Types, options: tuple[Option, ...]
) -> list[str]:
    """Return the functions or flags that may follow the words of a chain; none after words that fit nothing."""
    left, last = Words(before), start
    while (word := left.next()) is not None:
        if word.startswith("-"):
            name, equals, _ = word[2:].partition("=")
            argument = next((a for a in own_flags(last) if a.flag == name), None)
            if argument is None:
                if not take(options, word, left, Given()):
                    return []
            elif not equals and argument.type.kind != BOOLEAN and left.next() is None:
                item = argument.type.item
                return list(known.members(item.name or "")) if item.kind == ENUM else []
            continue
        found = [f for f in _functions(last, known) if f.command == word]
        if not found:
            return []
        last = found[0]
    if partial.startswith("-"):
        return [*(f"--{argument.flag}" for argument in own_flags(last)), *_flags(options)]
    return [function.command for function in _functions(last, known)]


def _functions(function: Function, known: Types) -> tuple[Function, ...]:
    if not function.returns.has_functions:
        return ()
    return visible(known.objects(function.returns.item.name or ""))


def _flags(options: tuple[Option, ...]) -> list[str]:
    return [f"--{option.name}" for option in options if not option.hidden]
