"""Small values that queries read: what stat answers, JSON, env files, changes, addresses."""

from __future__ import annotations

import enum
import json
import re
from dataclasses import dataclass
from typing import Any, ClassVar

from portable_dagger.api.types import enum_type
from portable_dagger.errors import NotFoundError, QueryError
from portable_dagger.graph.values import Directory, Value

LARGEST_PLAIN = 1e21
"""Go writes larger floats with an exponent."""

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@enum_type
class FileType(str, enum.Enum):
    """File type."""

    UNKNOWN = "UNKNOWN"
    REGULAR = "REGULAR"
    DIRECTORY = "DIRECTORY"
    SYMLINK = "SYMLINK"
    REGULAR_TYPE = "REGULAR"
    DIRECTORY_TYPE = "DIRECTORY"
    SYMLINK_TYPE = "SYMLINK"


@dataclass(frozen=True, slots=True)
class Stat(Value):
    """A file's status; `permissions` are the mode bits, `size` is in bytes."""

    api_type: ClassVar[str] = "Stat"
    name: str
    size: int
    file_type: FileType
    permissions: int


@dataclass(frozen=True, slots=True)
class EnvVariable(Value):
    """An environment variable."""

    api_type: ClassVar[str] = "EnvVariable"
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class EnvFile(Value):
    """The lines of an env file, as (name, raw value)."""

    api_type: ClassVar[str] = "EnvFile"
    lines: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> EnvFile:
        """Read `NAME=value` lines; QueryError for spaces around `=`. A `#` line is a variable, as in Dagger."""
        lines = []
        for line in text.splitlines():
            if not line.strip():
                continue
            name, found, value = line.partition("=")
            if found and (name != name.rstrip() or value != value.lstrip()):
                raise QueryError(f'parse error: "{line}": not a bare assignment')
            lines.append((name, value))
        return cls(tuple(lines))

    def get(self, name: str, *, raw: bool = False) -> str:
        """Return a variable's value, "" for a missing one; references to others are replaced unless raw."""
        found = dict(self.lines).get(name)
        if found is None:
            return ""
        return found if raw else self._expanded(found, (name,))

    def _expanded(self, value: str, seen: tuple[str, ...]) -> str:
        if len(value) > 1 and value[0] == value[-1] == "'":
            return value[1:-1]
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        known = dict(self.lines)

        def one(match: re.Match[str]) -> str:
            name = match[1] or match[2]
            if name not in known or name in seen:
                raise QueryError(f"{name}: unbound variable")
            return self._expanded(known[name], (*seen, name))

        return _VARIABLE.sub(one, value)

    def expanded(self) -> list[tuple[str, str]]:
        """Return every variable with its references replaced, sorted by name."""
        return [(name, self.get(name)) for name in sorted(dict(self.lines))]


def go_json(value: Any, indent: str | None = None) -> str:  # noqa: ANN401  JSON
    """Return JSON as Go's encoding/json writes it: keys sorted, HTML escaped, whole floats without a fraction."""
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(
        _whole(value), indent=indent, separators=separators, ensure_ascii=False, sort_keys=True
    )
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _whole(value: Any) -> Any:  # noqa: ANN401  JSON
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_PLAIN:
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return value


@dataclass(frozen=True, slots=True)
class JsonValue(Value):
    """A JSON text."""

    api_type: ClassVar[str] = "JSONValue"
    text: str = "null"

    @classmethod
    def parse(cls, text: str) -> JsonValue:
        """Check that a text is JSON and keep it as it is."""
        try:
            json.loads(text)
        except ValueError as error:
            raise QueryError("invalid JSON", str(error)) from error
        return cls(text)

    @classmethod
    def of(cls, value: Any) -> JsonValue:  # noqa: ANN401  JSON
        """Return the compact form of a value."""
        return cls(go_json(value))

    @property
    def value(self) -> Any:  # noqa: ANN401  JSON
        """The value that the text stands for."""
        return json.loads(self.text)

    def at(self, path: list[str]) -> JsonValue:
        """Return the value under a path of keys; NotFoundError names the key that is missing."""
        here = self.value
        for key in path:
            if not isinstance(here, dict) or key not in here:
                raise NotFoundError(f'path not found: {".".join(path)} (no "{key}")')
            here = here[key]
        return JsonValue.of(here)


@dataclass(frozen=True, slots=True)
class Changeset(Value):
    """The difference between two directories."""

    api_type: ClassVar[str] = "Changeset"
    before: Directory
    after: Directory


@enum_type
class DiffStatKind(enum.Enum):
    """The type of change."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    REMOVED = "REMOVED"
    RENAMED = "RENAMED"


@dataclass(frozen=True, slots=True)
class DiffStat(Value):
    """How one file of a changeset changed; `added_lines` and `removed_lines` are 0 for binary files."""

    api_type: ClassVar[str] = "DiffStat"
    path: str
    kind: DiffStatKind
    added_lines: int
    removed_lines: int
    old_path: str | None = None


@dataclass(frozen=True, slots=True)
class Address(Value):
    """A text that names an object, as command line flags give it."""

    api_type: ClassVar[str] = "Address"
    value: str
