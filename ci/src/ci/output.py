"""What a command said, as far as a message has room for it."""

from typing import Final

_LAST_LINES: Final = 25


def last_lines(text: str) -> str:
    """Return the last lines that are not empty, or that there are none."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-_LAST_LINES:]) or "it wrote nothing"
