"""Expressions of workflows, as far as they can be decided without the code host. Pure.

The grammar is that of GitHub's "Evaluate expressions in workflows and actions": literals, contexts, operators, and the
functions below. What depends on something unknown is unknown, and raises Undecided with its name; `&&` and `||` decide
without it where they can.
"""

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

Value = str | float | bool | None

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_][\w-]*(?:\.(?:[A-Za-z_][\w-]*|\*))*)|(?P<operator>&&|\|\||[=!<>]=|[!<>(),]))"
)
_TEMPLATE: Final = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_STATUS: Final[Mapping[str, bool]] = {
    "success": True,
    "always": True,
    "failure": False,
    "cancelled": False,
}
"""What the functions of a job's state say where all went well so far."""


class Undecided(Exception):  # noqa: N818 - no fault: it says what would have to be known
    """An expression depends on what is not known here; the message names it."""


def condition(text: str, known: Mapping[str, Value]) -> bool:
    """Return whether an `if` holds; none at all does. Raises Undecided."""
    inner = text.strip()
    found = _TEMPLATE.fullmatch(inner)
    return _truth(_read(found[1] if found else inner, known)(Wanted.TRUTH)) if inner else True


def fill(text: str, known: Mapping[str, Value]) -> str:
    """Return a text with its expressions replaced by their values. Raises Undecided."""
    return _TEMPLATE.sub(lambda found: shown(evaluate(found[1], known)), text)


def evaluate(text: str, known: Mapping[str, Value]) -> Value:
    """Return an expression's value, where contexts have the values given by their names. Raises Undecided."""
    return _read(text, known)(Wanted.VALUE)


def shown(value: Value) -> str:
    """Return a value as a text has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else value


class Wanted(Enum):
    """What is asked of a part of an expression: its value, or only whether it is true."""

    VALUE = "value"
    TRUTH = "truth"


Thunk = Callable[[Wanted], Value]
"""A value that is asked for when it is needed: `false && x` does not need x."""


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
            left = _either(left, self.all())
        return left

    def all(self) -> Thunk:
        left = self.comparison()
        while self.word == "&&":
            self.take()
            left = _all(left, self.comparison())
        return left

    def comparison(self) -> Thunk:
        left = self.negation()
        while self.word in _COMPARISONS:
            sign = self.take()
            left = _compared(sign, left, self.negation())
        return left

    def negation(self) -> Thunk:
        if self.word != "!":
            return self.single()
        self.take()
        value = self.negation()
        return lambda _: not _truth(value(Wanted.TRUTH))

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
        return lambda _: _applied(name, [value(Wanted.VALUE) for value in given])

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


def _either(left: Thunk, right: Thunk) -> Thunk:
    return _joined(left, right, decides=True)


def _all(left: Thunk, right: Thunk) -> Thunk:
    return _joined(left, right, decides=False)


def _joined(left: Thunk, right: Thunk, *, decides: bool) -> Thunk:
    """Return the value of `||`, which a true side decides, or of `&&`, which a false one does."""

    def value(wanted: Wanted) -> Value:
        try:
            first = left(wanted)
        except Undecided:
            # Whatever the first one is: of the two the value may be either, the truth is this one's.
            if wanted is Wanted.TRUTH and _truth(right(wanted)) == decides:
                return decides
            raise
        return first if _truth(first) == decides else right(wanted)

    return value


def _compared(sign: str, left: Thunk, right: Thunk) -> Thunk:
    def value(_: Wanted) -> Value:
        one, other = left(Wanted.VALUE), right(Wanted.VALUE)
        if isinstance(one, str) and isinstance(other, str):
            # Texts are equal whatever their case.
            return _ordered(sign, one.lower(), other.lower())
        return _ordered(sign, _number(one), _number(other))

    return value


def _ordered(sign: str, one: Any, other: Any) -> bool:  # noqa: ANN401 - both texts, or both numbers
    return bool(_COMPARISONS[sign](one, other))


def _number(value: Value) -> float:
    """Return a value as a number, as values of two types are compared; no number is equal to none."""
    try:
        return float(value or 0)
    except ValueError:
        return math.nan


def _applied(name: str, given: list[Value]) -> Value:
    if name.lower() in _STATUS and not given:
        return _STATUS[name.lower()]
    texts = [shown(value).lower() for value in given]
    match name.lower(), texts:
        case "contains", [text, part]:
            return part in text
        case "startswith", [text, part]:
            return text.startswith(part)
        case "endswith", [text, part]:
            return text.endswith(part)
    raise Undecided(f"{name}()")


def _truth(value: Value) -> bool:
    return value not in {None, False, ""}
