"""Expressions of workflows, as far as they can be decided without the code host. Pure.

The grammar is that of GitHub's "Evaluate expressions in workflows and actions": literals, contexts, operators and
functions. What depends on something unknown is unknown, and raises Undecided with its name; `&&` and `||` decide
without it where they can.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from ci.workflows import operators
from ci.workflows.operators import Thunk, Undecided, Value, Wanted, shown, truth

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_][\w-]*(?:\.(?:[A-Za-z_][\w-]*|\*))*)|(?P<operator>&&|\|\||[=!<>]=|[!<>(),]))"
)
_TEMPLATE: Final = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


def condition(text: str, known: Mapping[str, Value]) -> bool:
    """Return whether an `if` holds; none at all does. Raises Undecided."""
    inner = text.strip()
    found = _TEMPLATE.fullmatch(inner)
    return truth(_read(found[1] if found else inner, known)(Wanted.TRUTH)) if inner else True


def fill(text: str, known: Mapping[str, Value]) -> str:
    """Return a text with its expressions replaced by their values. Raises Undecided."""
    return _TEMPLATE.sub(lambda found: shown(evaluate(found[1], known)), text)


def evaluate(text: str, known: Mapping[str, Value]) -> Value:
    """Return an expression's value, where contexts have the values given by their names. Raises Undecided."""
    return _read(text, known)(Wanted.VALUE)


def _read(text: str, known: Mapping[str, Value]) -> Thunk:
    reader = _Reader(list(_tokens(text)), known)
    value = reader.either()
    if reader.kind:
        raise Undecided(text.strip())
    return value


def _tokens(text: str) -> Iterable[tuple[str, str]]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Undecided(text.strip())
        at = found.end()
        assert found.lastgroup is not None
        yield found.lastgroup, found[found.lastgroup]


@dataclass(slots=True)
class _Reader:
    """Reads an expression from the left; each method one level of precedence, the weakest first."""

    tokens: list[tuple[str, str]]
    known: Mapping[str, Value]
    at: int = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    @property
    def word(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        word = self.word
        self.at += 1
        return word

    def either(self) -> Thunk:
        left = self.all()
        while self.word == "||":
            self.take()
            left = operators.either(left, self.all())
        return left

    def all(self) -> Thunk:
        left = self.comparison()
        while self.word == "&&":
            self.take()
            left = operators.both(left, self.comparison())
        return left

    def comparison(self) -> Thunk:
        left = self.negation()
        while self.word in operators.COMPARISONS:
            sign = self.take()
            left = operators.compared(sign, left, self.negation())
        return left

    def negation(self) -> Thunk:
        if self.word != "!":
            return self.single()
        self.take()
        value = self.negation()
        return lambda _: not truth(value(Wanted.TRUTH))

    def single(self) -> Thunk:
        kind, word = self.kind, self.take()
        if word == "(":
            value = self.either()
            self.end(")")
            return value
        if kind == "text":
            text = word[1:-1].replace("''", "'")
            return lambda _: text
        if kind == "number":
            number = float(word)
            return lambda _: number
        if kind != "name":
            raise Undecided(word or "an expression that ends too early")
        return self.function(word) if self.word == "(" else self.context(word)

    def function(self, name: str) -> Thunk:
        self.take()
        given: list[Thunk] = []
        while self.kind and self.word != ")":
            given.append(self.either())
            if self.word == ",":
                self.take()
        self.end(")")
        return lambda _: operators.applied(name, [value(Wanted.VALUE) for value in given])

    def context(self, name: str) -> Thunk:
        literals: Mapping[str, Value] = {"true": True, "false": False, "null": None}
        if name in literals:
            return lambda _: literals[name]

        def value(_: Wanted) -> Value:
            if name not in self.known:
                raise Undecided(name)
            return self.known[name]

        return value

    def end(self, word: str) -> None:
        if self.take() != word:
            raise Undecided(f"an expression without {word!r}")
