"""Results as text, as the reference command line prints them (the brief, section 11). Pure."""

from __future__ import annotations

import binascii
import json
import re

from portable_dagger.cli.queries import NIL, Json

_ID = re.compile(r"\w+@[a-z0-9]+:[0-9a-f]{16,}")
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_LARGE = 1e21
"""From here on Go writes a float with an exponent."""


def as_text(value: Json) -> str:
    """Return a scalar as it is, a list with one line for each item, nothing for null."""
    if isinstance(value, list):
        return "".join(f"{as_text(item)}\n" for item in value)
    if value is NIL:
        return "<nil>"
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(_plain(value), ensure_ascii=False)


def as_json(value: Json) -> str:
    """Return a value as indented JSON with a line feed at its end; nothing for null."""
    if value is None:
        return ""
    if value is NIL:
        return "<nil>"
    return json.dumps(_plain(value), indent=4, ensure_ascii=False) + "\n"


def as_objects(type_name: str, value: Json) -> str:
    """Return IDs of objects as `Type@digest`, each item of a list after a dash; `<nil>` for one that is null."""
    if isinstance(value, list):
        return "".join(f"- {as_objects(type_name, item)}" for item in value)
    if value is NIL or value is None:
        return "<nil>\n"
    return f"{name_of(type_name, value)}\n"


def name_of(type_name: str, identifier: str) -> str:
    """Return `Type@algorithm:hex` for an ID: it names itself, or else gets a digest of its own."""
    try:
        text = binascii.a2b_base64(identifier.replace("-", "+").replace("_", "/")).decode()
    except (binascii.Error, ValueError):
        text = ""
    if _ID.fullmatch(text):
        return text
    # Only an ID of another engine pays for this import.
    import hashlib

    return f"{type_name}@sha256:{hashlib.sha256(identifier.encode()).hexdigest()}"


def _plain(value: Json) -> Json:
    """Write whole floats without a fraction, as Go does."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGE:
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def harmless(text: str) -> str:
    """Return a text from elsewhere without what a terminal would obey: colours go, control characters are spelled."""
    return "".join(
        character if character in "\n\t" or character.isprintable() else ascii(character)[1:-1]
        for character in _COLOUR.sub("", text)
    )
