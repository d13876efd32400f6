"""The operators and functions of workflows' expressions, on values that are asked for when they are needed. Pure."""

import math
import operator
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final

Value = str | float | bool | None

COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
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


class Wanted(Enum):
    """What is asked of a part of an expression: its value, or only whether it is true."""

    VALUE = "value"
    TRUTH = "truth"


Thunk = Callable[[Wanted], Value]
"""A value that is asked for when it is needed: `false && x` does not need x."""


def either(left: Thunk, right: Thunk) -> Thunk:
    """Return the value of `||`."""
    return _joined(left, right, decides=True)


def both(left: Thunk, right: Thunk) -> Thunk:
    """Return the value of `&&`."""
    return _joined(left, right, decides=False)


def _joined(left: Thunk, right: Thunk, *, decides: bool) -> Thunk:
    """Return the first value, if it is the one that decides, else the second one."""

    def value(wanted: Wanted) -> Value:
        try:
            first = left(wanted)
        except Undecided:
            # Whatever the first one is: of the two the value may be either, the truth is this one's.
            if wanted is Wanted.TRUTH and truth(right(wanted)) == decides:
                return decides
            raise
        return first if truth(first) == decides else right(wanted)

    return value


def compared(sign: str, left: Thunk, right: Thunk) -> Thunk:
    """Return the value of a sign of COMPARISONS."""

    def value(_: Wanted) -> Value:
        one, other = left(Wanted.VALUE), right(Wanted.VALUE)
        if isinstance(one, str) and isinstance(other, str):
            # Texts are equal whatever their case.
            return _ordered(sign, one.lower(), other.lower())
        return _ordered(sign, _number(one), _number(other))

    return value


def _ordered(sign: str, one: Any, other: Any) -> bool:  # noqa: ANN401 - both texts, or both numbers
    return bool(COMPARISONS[sign](one, other))


def _number(value: Value) -> float:
    """Return a value as a number, as values of two types are compared; no number is equal to none."""
    try:
        return float(value or 0)
    except ValueError:
        return math.nan


def applied(name: str, given: list[Value]) -> Value:
    """Return the value of a function. Raises Undecided for one that is not known here."""
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


def truth(value: Value) -> bool:
    """Return whether a value counts as true."""
    return value not in {None, False, ""}


def shown(value: Value) -> str:
    """Return a value as a text has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else value
