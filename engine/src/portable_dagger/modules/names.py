"""Spellings of names: Python's, the API's, the command line's.

The rules are those of the reference engine (brief, sections 2.4 and 11): objects are PascalCase, fields, functions and
arguments lowerCamel, enum members UPPER_SNAKE, commands and flags kebab-case.
"""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"[_ .-]+")
_OTHER = re.compile(r"[^A-Za-z0-9]")
_WORD_START = re.compile(r"(?<=[0-9])[a-z]")
_CAPITALS = re.compile(r"(?<=[A-Z])[A-Z]+")
_BOUNDARY = re.compile(
    r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Za-z])|(?<=[A-Z])(?=[0-9])|(?<=[A-Z])(?=[A-Z][a-z])"
)
_MEMBER = re.compile(r"[A-Z][A-Z0-9_]*")


def pascal(name: str) -> str:
    """`my_mod`, `my-mod` -> `MyMod`; runs of capitals keep only their first (`userID` -> `UserId`)."""
    words = [_word(part) for part in _SEPARATORS.split(name.strip()) if part]
    return "".join(part[:1].upper() + part[1:] for part in words)


def camel(name: str) -> str:
    """`container_echo` -> `containerEcho`; `HTTPPort` -> `httpport`, as the reference engine has it."""
    text = pascal(name)
    return text[:1].lower() + text[1:]


def kebab(name: str) -> str:
    """`withNewFile` -> `with-new-file`, `c1` -> `c-1`, `userID` -> `user-id`."""
    return _SEPARATORS.sub("-", _BOUNDARY.sub("-", name.strip())).lower()


def snake(name: str) -> str:
    """`withNewFile` -> `with_new_file`, as the SDK spells it."""
    return kebab(name).replace("-", "_")


def member(name: str) -> str:
    """Return the API's name of an enum member: kept when UPPER_SNAKE already, else converted."""
    if _MEMBER.fullmatch(name):
        return name
    return kebab(name).replace("-", "_").upper()


def namespaced(name: str, module: str) -> str:
    """Return the API's name of a module's type: the main object is the module's name, others get it as a prefix.

    A name that starts with the module's name at the border of a word keeps it once.
    """
    own, prefix = pascal(name), pascal(module)
    if own == prefix:
        return prefix
    if own.startswith(prefix) and own[len(prefix)].isupper():
        return own
    return pascal(f"{module}_{name}")


def _word(part: str) -> str:
    lowered = _CAPITALS.sub(lambda run: run.group().lower(), _OTHER.sub("", part))
    return _WORD_START.sub(lambda letter: letter.group().upper(), lowered)
