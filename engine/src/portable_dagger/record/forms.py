"""The forms in which a secret's text turns up in output: as it is, and as programs encode it.

Base64 (RFC 4648, standard and URL-safe) encodes three bytes as four characters, so a secret inside a longer text is
encoded in one of three ways; the characters at its ends that it shares with its neighbours are not part of a form.
"""

from __future__ import annotations

import base64
import json
import textwrap
from typing import Final
from urllib.parse import quote, quote_plus

ENCODED_FROM: Final = 5
"""Bytes from which a secret is looked for in base64: shorter ones give so few characters that ordinary words match."""

WIDTHS: Final = (64, 76)
"""Characters of a line when programs break base64 into lines (PEM; MIME and GNU coreutils)."""


def forms_of(secret: bytes) -> frozenset[bytes]:
    """Return every form of one secret that output must not show; none of them is empty."""
    found: set[bytes] = set()
    for text in {secret, secret.strip()} - {b""}:
        found |= {text, *_url_forms(text), *_json_forms(text)}
        if len(text) >= ENCODED_FROM:
            found |= _base64_forms(text)
    return frozenset(found)


def _base64_forms(text: bytes) -> set[bytes]:
    found = set()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(text)
        found |= {whole, whole.rstrip(b"=")}
        found |= {"\n".join(textwrap.wrap(whole.decode(), width)).encode() for width in WIDTHS}
        for before in range(3):
            first = (8 * before + 5) // 6
            last = 8 * (before + len(text)) // 6
            found.add(encode(bytes(before) + text)[first:last])
    return found


def _url_forms(text: bytes) -> set[bytes]:
    """Percent-encoded: with and without the slash, as in paths, queries, forms and JavaScript; hex in both cases."""
    found = set()
    for escaped in (
        quote(text),
        quote(text, safe=""),
        quote(text, safe="!*'()"),
        quote_plus(text),
    ):
        pieces = escaped.split("%")
        lower = "%".join([pieces[0], *(piece[:2].lower() + piece[2:] for piece in pieces[1:])])
        found |= {escaped.encode(), lower.encode()}
    return found


def _json_forms(text: bytes) -> set[bytes]:
    """As JSON strings: with other alphabets escaped or not, as Go escapes HTML, and with escaped slashes."""
    try:
        characters = text.decode()
    except UnicodeDecodeError:
        return set()
    found = set()
    for only_ascii in (True, False):
        escaped = json.dumps(characters, ensure_ascii=only_ascii)[1:-1]
        html = escaped
        for character in "<>&":
            html = html.replace(character, f"\\u{ord(character):04x}")
        found |= {escaped, html, escaped.replace("/", "\\/")}
    return {form.encode() for form in found}
