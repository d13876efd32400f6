"""Secrets are replaced in output by `***`, across chunk borders, before anything else sees the output.

Each secret is looked for byte for byte, with and without the white space around it (the brief, section 5.6), and in
the encoded forms of `record.forms`. The first match wins, and of several there the longest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from portable_dagger.record.forms import forms_of

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = b"***"
HEAD: Final = 8
"""Bytes of a form by which its start is found at the end of a chunk."""


class Scrubber:
    """Scrubs one stream; feed it chunks, and `flush` at the end."""

    def __init__(self, secrets: Iterable[bytes]) -> None:
        forms = {form for secret in secrets for form in forms_of(secret)}
        self._forms = sorted(forms, key=len, reverse=True)
        self._patterns: dict[tuple[bytes, ...], re.Pattern[bytes]] = {}
        self._heads: dict[bytes, list[bytes]] = {}
        self._starts: set[bytes] = set()
        for form in self._forms:
            self._starts |= {form[:size] for size in range(1, min(HEAD + 1, len(form)))}
            if len(form) > HEAD:
                self._heads.setdefault(form[:HEAD], []).append(form)
        self._inner = frozenset(byte for form in self._forms for byte in set(form[:-1]))
        self._kept = b""

    def feed(self, chunk: bytes) -> bytes:
        """Return what can be shown already; the start of a possible secret is kept back."""
        if not self._forms:
            return chunk
        data = self._kept + chunk
        end = self._open_end(data, 0)
        out: list[bytes] = []
        position = 0
        pattern = self._pattern_for(data)
        for match in pattern.finditer(data) if pattern else ():
            if match.start() >= end:
                break
            out += [data[position : match.start()], MASK]
            position = match.end()
            if position > end:
                end = self._open_end(data, position)
        self._kept = data[end:]
        return b"".join([*out, data[position:end]])

    def flush(self) -> bytes:
        """Return what was kept back, scrubbed."""
        rest, self._kept = self._kept, b""
        pattern = self._pattern_for(rest)
        return pattern.sub(MASK, rest) if pattern else rest

    def _pattern_for(self, data: bytes) -> re.Pattern[bytes] | None:
        """Return what matches the forms that are in `data`: a search for each is far faster than one for all."""
        present = tuple(form for form in self._forms if form in data)
        if present and present not in self._patterns:
            self._patterns[present] = re.compile(b"|".join(map(re.escape, present)))
        return self._patterns.get(present)

    def _open_end(self, data: bytes, position: int) -> int:
        """Return from where on, `position` or later, `data` ends in what may become a form; its length if nowhere."""
        end = len(data)
        if position == end or data[-1] not in self._inner:
            return end
        for size in range(1, min(HEAD, len(data) - position) + 1):
            if data[len(data) - size :] in self._starts:
                end = len(data) - size
        for head, forms in self._heads.items():
            # The longest form comes first; a start further back than its length would be the whole form.
            at = data.find(head, max(position, len(data) - len(forms[0]) + 1))
            while -1 < at < end:
                rest = data[at:]
                if any(len(form) > len(rest) and form.startswith(rest) for form in forms):
                    end = at
                else:
                    at = data.find(head, at + 1)
        return end
