"""Challenges: what a registry asks for with status 401 (RFC 9110, WWW-Authenticate)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

_SCHEME: Final = re.compile(r"\s*([A-Za-z0-9-]+)(?:\s+|$)")
_PARAMETER: Final = re.compile(r'\s*,?\s*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """How to authorise: a scheme in small letters, "" for none, and its parameters."""

    scheme: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def parse(header: str) -> Challenge:
    """Read the first challenge of a header."""
    scheme = _SCHEME.match(header)
    if scheme is None:
        return Challenge()
    parameters = {}
    position = scheme.end()
    while found := _PARAMETER.match(header, position):
        name, quoted, plain = found.groups()
        parameters[name.lower()] = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        position = found.end()
    return Challenge(scheme[1].lower(), parameters)
