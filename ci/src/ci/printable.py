"""Texts of tools, made fit to be shown."""

import re
from typing import Final

_COLOURS: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""Control sequences (ECMA-48, 5.4)."""

_UNFIT: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Control characters but for tab and newline, marks that turn text around, and what XML 1.0 (2.2) does not have."""

_INSTEAD: Final = "\ufffd"


def printable(text: str) -> str:
    """Return a text that steers no terminal, turns no line around, and may stand in XML; tabs and newlines stay."""
    if text.isprintable():
        return text
    return _UNFIT.sub(_INSTEAD, _COLOURS.sub("", text.replace("\r\n", "\n")))


def shortened(text: str, most: int) -> str:
    """Return the beginning and the end of a text, where tools say what they did and why they broke off."""
    if len(text) <= most:
        return text
    return f"{text[: most // 3]}\n…\n{text[-(most * 2 // 3) :]}"
