"""A call as GraphQL: one request for the IDs of objects that flags name, one for the chain itself. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portable_dagger.cli.flags import Literal, Reference, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from portable_dagger.cli.chain import Call

Json = Any
"""What `json.loads` gives."""

NIL = object()
"""What a chain gives when it meets a null before its end."""


def references(calls: Sequence[Call]) -> list[Reference]:
    """Return the objects that have to be made before the calls, each once."""
    found = [r for call in calls for value in call.values.values() for r in _references(value)]
    return list(dict.fromkeys(found))


def flag_of(calls: Sequence[Call], reference: Reference) -> str:
    """Return the flag that names an object."""
    for call in calls:
        for argument in call.function.args:
            if reference in _references(call.values.get(argument.name, [])):
                return f"--{argument.flag}"
    raise LookupError(reference)


def addresses(wanted: list[Reference]) -> str:
    """Return the request for the IDs of objects; the answers' keys are `a0`, `a1` and so on."""
    return "{ " + " ".join(f"a{number}: {r.query}" for number, r in enumerate(wanted)) + " }"


def ids(wanted: list[Reference], data: dict[str, Any]) -> dict[Reference, str]:
    """Read the answer to `addresses`."""
    found = {}
    for number, reference in enumerate(wanted):
        value = data[f"a{number}"]
        while isinstance(value, dict):
            (value,) = value.values()
        found[reference] = value
    return found


def request(calls: tuple[Call, ...], known: dict[Reference, str], leaf: str) -> str:
    """Return the request of a chain; `leaf` is selected of an object at its end."""
    text = f" {{ {leaf} }}" if leaf else ""
    for call in reversed(calls):
        if call.function.name:
            text = f" {{ {call.function.name}{_arguments(call, known)}{text} }}"
    return text.strip()


def together(chains: Sequence[tuple[Call, ...]], known: dict[Reference, str], leaf: str) -> str:
    """Return one request of several chains; the answers' keys are `a0`, `a1` … for their first fields."""
    asked = (request(calls, known, leaf)[1:-1].strip() for calls in chains)
    return "{ " + " ".join(f"a{number}: {text}" for number, text in enumerate(asked)) + " }"


def path(calls: tuple[Call, ...], leaf: str) -> list[str]:
    """Return the keys of the answer from its root to the value."""
    names = [call.function.name for call in calls if call.function.name]
    return [*names, *([leaf.partition("(")[0]] if leaf else [])]


def extract(data: Json, keys: list[str]) -> Json:
    """Return the value at the end of a path, a list where the path goes through lists, NIL after a null."""
    if isinstance(data, list):
        return [extract(item, keys) for item in data]
    if not keys:
        return data
    if data is None:
        return NIL
    return extract(data[keys[0]], keys[1:])


def first_list(data: Json, keys: list[str]) -> Json:
    """Return what the answer holds at the first list of a path, or at its end."""
    for key in keys:
        if data is None:
            return NIL
        if isinstance(data, list):
            return data
        data = data[key]
    return data


def _references(value: Value) -> Iterator[Reference]:
    if isinstance(value, Reference):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _arguments(call: Call, known: dict[Reference, str]) -> str:
    if not call.values:
        return ""
    given = (f"{name}: {_text(value, known)}" for name, value in call.values.items())
    return f"({', '.join(given)})"


def _text(value: Value, known: dict[Reference, str]) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_text(item, known) for item in value)}]"
    if isinstance(value, Literal):
        return value.text
    return f'"{known[value]}"'
