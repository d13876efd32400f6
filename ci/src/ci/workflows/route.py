"""The way of a call through a module: the functions that its words lead to, and what is wrong on the way. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Final

from ci.workflows.command import SWITCHES, VALUED, Call
from ci.workflows.interface import Function, Interface

FUNCTION: Final = "unknown-function"
ARGUMENT: Final = "unknown-argument"
MISSING: Final = "missing-argument"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a call: the rule that it breaks, what is said of it, and what to do."""

    rule: str
    message: str
    remedy: str


@dataclass(slots=True)
class Route:
    """Where a call leads: the names of what it runs, joined by `:` where one is below another, and its faults."""

    names: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def follow(call: Call, interface: Interface) -> Route:
    """Return where a call leads."""
    if call.verb == "call":
        return _Walk(call, interface).route()
    sort, marked = {
        # A generator is a check too.
        "check": ("check", interface.checks + interface.generators),
        "generate": ("generator", interface.generators),
        "up": ("service", interface.services),
    }[call.verb]
    return _selected(call, sort, marked, interface)


class _Walk:
    """The words of `call`, read from the left."""

    def __init__(self, call: Call, interface: Interface) -> None:
        self.interface = interface
        self.open = call.open
        self.words = list(call.words)
        self.faults: list[Fault] = []
        self.path: list[str] = []
        self.function = interface.constructor
        self.given: set[str] = set()

    def route(self) -> Route:
        functions: Mapping[str, Function] | None = self.interface.objects[self.interface.main]
        while self.words:
            word = self.words.pop(0)
            if word.startswith("-"):
                self._option(word)
            elif functions is None:
                # A function of the API itself, which every engine of the version has.
                break
            elif word not in functions:
                self.faults.append(_unknown(FUNCTION, "function", word, functions))
                return Route([], self.faults)
            else:
                self._leave()
                self.path.append(word)
                self.function, self.given = functions[word], set()
                functions = self.interface.objects.get(self.function.returns)
        if not self.open:
            self._leave()
        return Route([":".join(self.path)] if self.path else [], self.faults)

    def _option(self, word: str) -> None:
        name, attached, _ = word.partition("=")
        argument = self.function.arguments.get(name)
        if argument is not None:
            self.given.add(name)
        elif name not in VALUED | SWITCHES:
            arguments = self.function.arguments
            self.faults.append(_unknown(ARGUMENT, "argument", name, arguments, self._here()))
        takes = name in VALUED if argument is None else not argument.switch
        if takes and not attached and self.words:
            self.words.pop(0)

    def _leave(self) -> None:
        """Look for what the function is not given, before the next one, or at the end."""
        for name, argument in self.function.arguments.items():
            if argument.required and name not in self.given:
                says = f"{self._here()}is called without {name}, which it needs"
                self.faults.append(Fault(MISSING, says, f"give {name}"))

    def _here(self) -> str:
        return f"`{self.path[-1]}` " if self.path else "the module "


def _selected(call: Call, sort: str, marked: Iterable[str], interface: Interface) -> Route:
    """Return what the patterns of `check`, `generate` and `up` name; all without one. The CLI lets a typo pass."""
    names = list(marked)
    patterns = [word for word in call.words if not word.startswith("-")]
    route = Route()
    for pattern in patterns:
        own = pattern.removeprefix(f"{interface.name}:")
        found = [name for name in names if matches(name, own)]
        route.names += found
        if not found:
            route.faults.append(_unknown(FUNCTION, sort, pattern, names))
    if not patterns and not call.open:
        without = interface.generators if "--no-generate" in call.words else ()
        route.names += [name for name in names if name not in without]
    return route


def matches(name: str, pattern: str) -> bool:
    """Return whether a pattern names it: its words, or the first ones of them, joined by `:`, with wildcards."""
    parts, wanted = name.split(":"), pattern.split(":")
    pairs = zip(parts, wanted, strict=False)
    return len(wanted) <= len(parts) and all(fnmatchcase(part, one) for part, one in pairs)


def _unknown(rule: str, sort: str, name: str, known: Iterable[str], owner: str = "") -> Fault:
    """Return the fault of a name that is none, with what may be meant: all that there is, if nothing is like it."""
    if name.startswith("$") or "${{" in name:
        says = f"which {sort} {name} is cannot be told from the file"
        return Fault(rule, says, "name it, or take it from a matrix or an input of the type choice")
    known = sorted(known)
    near = get_close_matches(name, known, n=1) or known
    says = f"{owner or 'the module '}has no {sort} {name}"
    return Fault(rule, says, f"there is {', '.join(near)}" if near else "leave it out")
