"""The seed of Python's hashes, which decide the order of sets: the same for the same content, another after an edit."""

import hashlib
from typing import Final

VARIABLE: Final = "PYTHONHASHSEED"

_RANGE: Final = 2**32
"""Python takes seeds from 0, which turns chance off, to below this."""


def derive(content: str) -> str:
    """Return the seed for content, given by its digest: never 0."""
    number = int.from_bytes(hashlib.sha256(content.encode()).digest()[:8], "big")
    return str(number % (_RANGE - 1) + 1)
