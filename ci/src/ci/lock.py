"""Locks: files of a source that name packages by version and hash, in the format of pip's requirements."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import dagger

from ci.errors import SettingsError
from ci.settings import FILE

_PIN: Final = re.compile(
    r"(?P<name>[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)\s*(?:\[[^]]*\])?\s*"
    r"===?\s*(?P<version>[a-z0-9][a-z0-9.!+_-]*)\s*(?:;\s*(?P<marker>.*?))?(?:\s+--.*)?",
    flags=re.IGNORECASE,
)
_COMMENT: Final = re.compile(r"(^|\s)#.*")
_SEPARATORS: Final = re.compile(r"[-_.]+")
_OTHERS: Final = ("-r", "--requirement", "-e", "--editable")
"""Options that name packages somewhere else."""


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """A package of a lock, and the line that names it, from 1. Its name is as PEP 503 compares it.

    marker: the environments that it is installed in (PEP 508); "" for all.
    """

    package: str
    version: str
    path: str
    line: int
    marker: str = ""


def pins(text: str, path: str) -> tuple[Pin, ...]:
    """Return the packages of a lock's text. Raises SettingsError for a line that names no version."""
    return tuple(_pin(line, number, path) for number, line in _lines(text))


def normalised(name: str) -> str:
    """Return the name of a package as PEP 503 compares it."""
    return _SEPARATORS.sub("-", name).lower()


async def read(source: dagger.Directory, path: str, key: str) -> str:
    """Return a lock's text: what is made of it and nothing else is not made again after other edits of the source.

    `key` is the setting that names its path. Raises SettingsError where it is not there.
    """
    try:
        return await source.file(path).contents()
    except dagger.QueryError:
        if await source.exists(path):
            raise
        raise SettingsError(
            f"{key} in {FILE} names {path!r}, which is not in the source",
            "Name the lock file, by its path below the repository's root.",
        ) from None


def _pin(line: str, number: int, path: str) -> Pin:
    found = _PIN.fullmatch(line)
    if found is None:
        raise SettingsError(
            f"{path}:{number} locks no package by its version: {line!r}",
            "Lock it, such as with `uv pip compile --generate-hashes`, or name only locks in the settings.",
        )
    return Pin(
        normalised(found["name"]), found["version"], path, number, (found["marker"] or "").strip()
    )


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that name packages, with their continuations and without comments."""
    begin, joined = 0, ""
    for number, raw in enumerate(text.splitlines(), 1):
        begin = begin or number
        line = _COMMENT.sub("", raw).strip()
        joined = f"{joined} {line.removesuffix(chr(92)).strip()}".strip()
        if line.endswith("\\"):
            continue
        if joined and (not joined.startswith("-") or joined.startswith(_OTHERS)):
            yield begin, joined
        begin, joined = 0, ""
    if joined:
        yield begin, joined
