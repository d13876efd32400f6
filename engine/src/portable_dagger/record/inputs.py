"""What a step depends on, by name: the form in which steps are recorded, and compared with those of other runs.

Names are texts such as `args`, `env MODE`, `mount /src`; values are JSON, or one of the classes below.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Inputs = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Files:
    """A directory or file of the store: `layers` bottom first; `digest` is that of its content, "" if none was made."""

    layers: tuple[str, ...]
    path: str = "/"
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A secret: of its key, which tells whether it is another one, only a hash is recorded."""

    key: str


@dataclass(slots=True)
class Account:
    """What a step tells of itself for the record.

    `key` is under what its result is kept, "" for never; `output` what it made, `waited` seconds by what for.
    """

    key: str
    inputs: Inputs
    output: Inputs
    waited: dict[str, float]

    @classmethod
    def of(cls, key: str = "", /, **inputs: Any) -> Account:  # noqa: ANN401  JSON, Files or Hidden
        """Return the account of a step that has only just begun."""
        return cls(key, inputs, {}, {})
