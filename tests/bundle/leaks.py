"""Looks for a secret in every byte of a file: as it is, encoded and escaped, in archives and compressed streams too."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import subprocess
import tarfile
import urllib.parse
import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_GZIP: Final = b"\x1f\x8b\x08"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_TAR: Final = slice(257, 262)
_ESCAPE: Final = re.compile("%[0-9A-F]{2}")


def leaks(file: Path, secret: str) -> list[str]:
    """Return where a secret is, and in which form: empty when it is nowhere."""
    sought = forms(secret)
    return [
        f"{place}: {form}"
        for place, content in contents(file.name, file.read_bytes())
        for form, text in sought.items()
        if text in content or text in content.replace(b"\n", b"")
    ]


def forms(secret: str) -> dict[str, bytes]:
    """Return what a secret looks like: itself, in URLs and JSON, and within base64 at each of the three offsets."""
    text = secret.encode()
    quoted = urllib.parse.quote(secret, safe="")
    found = {
        "as it is": text,
        "in a URL": quoted.encode(),
        "in a path": urllib.parse.quote(secret).encode(),
        "in a form": urllib.parse.quote_plus(secret).encode(),
        "in lower-case escapes": _ESCAPE.sub(lambda found: found[0].lower(), quoted).encode(),
        "in JSON": json.dumps(secret)[1:-1].encode(),
        "in JSON as UTF-8": json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
    }
    for offset in range(3):
        found[f"in base64, {offset} bytes before"] = within_base64(text, offset, b"+/")
        found[f"in URL-safe base64, {offset} bytes before"] = within_base64(text, offset, b"-_")
    return found


def within_base64(text: bytes, offset: int, alphabet: bytes) -> bytes:
    """Return the characters of a base64 text that hang on `text` alone, with `offset` other bytes before it."""
    encoded = base64.b64encode(bytes(offset) + text, alphabet).rstrip(b"=")
    shared_before = (0, 2, 3)[offset]
    shared_after = 1 if (offset + len(text)) % 3 else 0
    return encoded[shared_before : len(encoded) - shared_after]


def contents(place: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a file's bytes, and those of what is compressed or archived in it, with where they are."""
    yield place, data
    if data.startswith(_GZIP):
        try:
            opened = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            # Not gzip after all; its bytes were searched as they are.
            return
        yield from contents(f"{place} (gzip)", opened)
    elif data.startswith(_ZSTD):
        done = subprocess.run(["zstd", "-dc"], input=data, capture_output=True, check=False)
        yield from contents(f"{place} (zstd)", done.stdout)
    elif data[_TAR] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isreg() else None
                # What a file has uncompressed is among the archive's bytes already.
                if file is not None and _packed(head := file.read(262)):
                    yield from contents(f"{place}/{member.name}", head + file.read())


def _packed(head: bytes) -> bool:
    return head.startswith((_GZIP, _ZSTD)) or head[_TAR] == b"ustar"
