"""The words of a call, read against a module's types.

    dagger call [constructor's flags] function [its flags] function [its flags] …

Pure: the command tree is dynamic, every function's result says which functions may come next. Flags belong to the
function before them; the command line's own options may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from portable_dagger.cli import flags, user_defaults
from portable_dagger.cli.options import Given, Option, Words, take, unknown
from portable_dagger.cli.suggestions import nearest
from portable_dagger.cli.typedefs import OBJECT, Argument, Function, Object, Type
from portable_dagger.errors import CommandLineError
from portable_dagger.modules.names import kebab

Lookup = Callable[[str], Object]
"""An object or interface type, by its name."""

Default = Callable[[Function, Argument], "str | None"]
"""A text that the user's settings hold for an argument that the command line leaves out."""


class Types(NamedTuple):
    """Where to look up objects and members of enumerations."""

    objects: Lookup
    members: flags.Members


class Call(NamedTuple):
    """One function and the values of its arguments, by their API names."""

    function: Function
    values: dict[str, flags.Value]


class Chain(NamedTuple):
    """Calls in order, the constructor's first; what they return; `help` when the last one's help is asked for."""

    calls: tuple[Call, ...]
    returns: Type
    given: Given
    help: bool
    verb: str = "call"

    @property
    def words(self) -> str:
        """The commands so far, such as `call add value`."""
        return " ".join([self.verb, *(call.function.command for call in self.calls[1:])])


def visible(object_: Object) -> tuple[Function, ...]:
    """Return the functions that the command line can call."""
    return tuple(f for f in object_.functions if not unsupported(f))


def unsupported(function: Function) -> bool:
    """Whether a required argument has a type that no flag can give."""
    return any(a.required and not flags.supported(a.type) for a in function.args)


def own_flags(function: Function) -> tuple[Argument, ...]:
    """Return the arguments that have a flag."""
    return tuple(a for a in function.args if flags.supported(a.type))


def read(  # noqa: PLR0913, PLR0917  what decides how words are read
    arguments: list[str],
    constructor: Function,
    types: Types,
    options: tuple[Option, ...],
    default: Default = user_defaults.nothing,
    verb: str = "call",
) -> Chain:
    """Read the words of a call; CommandLineError names the first that does not fit, or what is missing."""
    words, given = Words(arguments), Given()
    chain = [(constructor, dict[str, list[str]]())]
    returns = constructor.returns
    while (word := words.next()) is not None:
        function, texts = chain[-1]
        if len(word) > 1 and word.startswith("-"):
            if _own(function, word, words, texts) or take(options, word, words, given):
                if "help" in given:
                    break
                continue
            known = [a.flag for a in own_flags(function)] + [option.name for option in options]
            raise unknown(word, known, _command(verb, chain))
        following = _find(word, returns, types, _command(verb, chain))
        if following.name == "sync" and not following.args:
            # What follows forces the value anyway, and the last one is synced by whoever prints it.
            continue
        returns = _through_list(returns, following.returns)
        chain.append((following, {}))
    helping = "help" in given or (len(chain) == 1 and bool(visible(_object(returns, types))))
    calls = tuple(
        Call(
            function,
            {} if helping else values(function, texts, types, default, is_constructor=index == 0),
        )
        for index, (function, texts) in enumerate(chain)
    )
    return Chain(calls, returns, given, helping, verb)


def _own(function: Function, word: str, words: Words, texts: dict[str, list[str]]) -> bool:
    """Take a flag of the function itself, in any spelling."""
    if not word.startswith("--"):
        return False
    name, equals, text = word[2:].partition("=")
    wanted = kebab(name)
    for argument in own_flags(function):
        if argument.flag == wanted:
            if argument.type.kind == "BOOLEAN_KIND" and not equals:
                text, equals = "true", "="
            value = words.value_of(f"--{name}", text if equals else None)
            texts.setdefault(argument.name, []).append(value)
            return True
    return False


def _find(word: str, returns: Type, types: Types, command: str) -> Function:
    known = visible(_object(returns, types))
    for function in known:
        if function.command == word:
            if function.name == "sync":
                return function._replace(returns=Type(OBJECT, returns.item.name))
            return function
    found = nearest(word, (function.command for function in known))
    hint = (
        f"run 'dagger {command} --help' to see the functions"
        if known
        else "nothing can follow here"
    )
    if found:
        hint = f"did you mean {' or '.join(found)}?"
    raise CommandLineError(f'unknown command "{word}" for "dagger {command}"', hint)


def _object(type_: Type, types: Types) -> Object:
    if not type_.has_functions:
        return Object("", ())
    return types.objects(type_.item.name or "")


def _through_list(before: Type, after: Type) -> Type:
    """Return the type after one more function: asked of each item of a list, it gives a list."""
    return Type("LIST_KIND", element=after) if before.element else after


def _command(verb: str, chain: list[tuple[Function, dict[str, list[str]]]]) -> str:
    return " ".join([verb, *(function.command for function, _ in chain[1:])])


def values(
    function: Function,
    texts: dict[str, list[str]],
    types: Types,
    default: Default,
    *,
    is_constructor: bool,
) -> dict[str, flags.Value]:
    """Return a function's arguments out of the texts given for them, and out of the user's defaults.

    Raises CommandLineError for a text that is none of its type, or a required argument without one.
    """
    found, missing = {}, []
    for argument in function.args:
        given = texts.get(argument.name)
        if given is None and flags.supported(argument.type):
            setting = default(function, argument)
            given = None if setting is None else [setting]
        if given is not None:
            found[argument.name] = flags.parse(argument, given, types.members)
        elif argument.required:
            missing.append(argument.flag)
    if missing and is_constructor:
        raise CommandLineError(
            f'missing required argument: "{missing[0]}"', f"add --{missing[0]} …"
        )
    if missing:
        names = ", ".join(f'"{name}"' for name in missing)
        raise CommandLineError(
            f"required flag(s) {names} not set", "add " + " ".join(f"--{n} …" for n in missing)
        )
    return found
