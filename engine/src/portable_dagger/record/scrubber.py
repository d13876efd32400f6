"""Secrets are replaced in output by `***`, across chunk borders, before anything else sees the output.

Matches are byte for byte, of each secret and of its form without surrounding white space (the brief, section 5.6).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = b"***"


class Scrubber:
    """Scrubs one stream; feed it chunks, and `flush` at the end."""

    def __init__(self, secrets: Iterable[bytes]) -> None:
        forms = {form for text in secrets for form in (text, text.strip()) if form}
        self._forms = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(re.escape(form) for form in self._forms))
        self._kept = b""

    def feed(self, chunk: bytes) -> bytes:
        """Return what can be shown already; the start of a possible secret is kept back."""
        if not self._forms:
            return chunk
        data = self._kept + chunk
        out: list[bytes] = []
        position = 0
        for match in self._pattern.finditer(data):
            if self._may_grow(data, match.start()):
                self._kept = data[match.start() :]
                return b"".join([*out, data[position : match.start()]])
            out += [data[position : match.start()], MASK]
            position = match.end()
        rest = data[position:]
        keep = self._open_end(rest)
        self._kept = rest[len(rest) - keep :]
        return b"".join([*out, rest[: len(rest) - keep]])

    def flush(self) -> bytes:
        """Return what was kept back, scrubbed."""
        if not self._forms:
            return b""
        rest, self._kept = self._kept, b""
        return self._pattern.sub(MASK, rest)

    def _may_grow(self, data: bytes, start: int) -> bool:
        tail = data[start:]
        return any(len(form) > len(tail) and form.startswith(tail) for form in self._forms)

    def _open_end(self, data: bytes) -> int:
        longest = min(len(data), len(self._forms[0]) - 1)
        for size in range(longest, 0, -1):
            tail = data[-size:]
            if any(len(form) > size and form.startswith(tail) for form in self._forms):
                return size
        return 0
