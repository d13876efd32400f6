"""Secrets in what a bundle takes along: every form of each is overwritten by `*`, as many as it has bytes.

Lengths stay, so files keep their size and tars their form. Of a compressed file that holds a secret nothing is left but
asterisks. Forms of fewer than four bytes are masked in texts only:
they turn up in any file, which would be destroyed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import IO, TYPE_CHECKING, Final

from portable_dagger.bundle.compressed import Blotted, any_holds
from portable_dagger.record.forms import forms_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHORTEST: Final = 4
"""Bytes of a form from which it is masked in files."""

_CHUNK: Final = 1 << 20
_STAR: Final = b"*"


class Mask:
    """What masks some secrets; false when there are none. Safe to use from several threads."""

    def __init__(self, secrets: Iterable[bytes], salt: bytes = b"") -> None:
        given = {secret for secret in secrets if secret}
        forms = {form for secret in given for form in forms_of(secret)}
        self._texts = _Forms(forms)
        self._files = _Forms(form for form in forms if len(form) >= SHORTEST)
        digest = hmac.new(salt, digestmod=hashlib.sha256)
        for secret in sorted(given):
            digest.update(hashlib.sha256(secret).digest())
        self.key = digest.hexdigest() if given and salt else ""
        """Stands for the secrets where something is remembered of them; empty without a salt, or without secrets."""

    def __bool__(self) -> bool:
        return bool(self._texts.all)

    def text(self, text: str) -> str:
        """Return a text such as an argument, a variable or an error, masked."""
        return self._texts.masked(text.encode(errors="surrogateescape"))[0].decode(
            errors="surrogateescape"
        )

    def path(self, path: str) -> str:
        """Return a path, masked as the names of files are."""
        return self.data(path.encode(errors="surrogateescape")).decode(errors="surrogateescape")

    def data(self, data: bytes) -> bytes:
        """Return the content of a file, masked."""
        return self._files.masked(data)[0]

    def counted(self, data: bytes) -> tuple[bytes, int]:
        """Return the content of a file, masked, and how many places of it were."""
        return self._files.masked(data)

    def file(self, source: IO[bytes]) -> MaskedFile | Blotted:
        """Return what reads a file, which is at its start, as it will be in the bundle."""
        if self._files.all and any_holds(source, self._is_in):
            return Blotted(source.seek(0, os.SEEK_END))
        return MaskedFile(self._files, source)

    def _is_in(self, stream: IO[bytes]) -> bool:
        reader = MaskedFile(self._files, stream)
        while reader.read(_CHUNK):
            if reader.count:
                return True
        return bool(reader.count)


class MaskedFile:
    """Reads a file with its secrets masked, also those across the borders of what is read at once."""

    def __init__(self, forms: _Forms, source: IO[bytes]) -> None:
        self._forms = forms
        self._source = source
        self._tail = b""
        self._covered = 0
        """Bytes of the tail that belong to a secret that began before it."""

        self._ready = b""
        self._ended = False
        self.count = 0
        """Places that were masked so far."""

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes; fewer only at the end."""
        if not self._forms.all:
            return self._source.read(size)
        pieces, missing = [self._ready], size - len(self._ready)
        while not self._ended and (size < 0 or missing > 0):
            pieces.append(self._next())
            missing -= len(pieces[-1])
        data = b"".join(pieces)
        end = len(data) if size < 0 else size
        self._ready = data[end:]
        return data[:end]

    def _next(self) -> bytes:
        chunk = self._source.read(_CHUNK)
        self._ended = len(chunk) < _CHUNK
        data = self._tail + chunk
        cut = len(data) if self._ended else max(0, len(data) - self._forms.longest + 1)
        spans = self._forms.spans(data)
        starting = [span for span in spans if span[0] < cut]
        self.count += sum(start >= self._covered for start, _ in starting)
        masked = _masked(data, [(0, self._covered), *spans]) if spans or self._covered else data
        reached = max([self._covered, *(end for _, end in starting)])
        self._covered = max(0, reached - cut)
        self._tail = data[cut:]
        return masked[:cut]


class _Forms:
    """Forms of secrets, to be found in bytes."""

    def __init__(self, forms: Iterable[bytes]) -> None:
        self.all = sorted(set(forms), key=len)
        self.longest = max(map(len, self.all), default=1)
        self._cores = _without_longer(self.all)

    def spans(self, data: bytes) -> list[tuple[int, int]]:
        """Return where forms are, in order; overlapping ones are joined."""
        if not any(core in data for core in self._cores):
            return []
        found: list[tuple[int, int]] = []
        for form in self.all:
            at = data.find(form)
            while at >= 0:
                found.append((at, at + len(form)))
                at = data.find(form, at + 1)
        return _joined(sorted(found))

    def masked(self, data: bytes) -> tuple[bytes, int]:
        """Return the bytes, masked, and the number of places."""
        spans = self.spans(data)
        return (_masked(data, spans) if spans else data), len(spans)


def _without_longer(forms: Sequence[bytes]) -> list[bytes]:
    """Return the forms that hold no other one: where none of them is, there is none at all."""
    cores: list[bytes] = []
    for form in forms:
        if not any(core in form for core in cores):
            cores.append(form)
    return cores


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _masked(data: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    changed = bytearray(data)
    for start, end in spans:
        changed[start:end] = _STAR * (end - start)
    return bytes(changed)
