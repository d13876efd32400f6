"""The nearest of the names that would have been right."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return up to three names that resemble `word`, the nearest first."""
    # Only a wrong command line pays for this import.
    import difflib

    names = {name.replace("-", "").lower(): name for name in known}
    found = difflib.get_close_matches(word.replace("-", "").replace("_", "").lower(), names, 3, 0.6)
    return [names[near] for near in found]
