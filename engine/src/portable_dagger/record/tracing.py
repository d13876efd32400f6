"""The trace that a session's function calls belong to, as W3C's Trace Context writes it in TRACEPARENT.

The header's form: `00-<trace id, 32 hex digits>-<parent id, 16>-<flags, 2>` (https://www.w3.org/TR/trace-context/).
"""

from __future__ import annotations

import re
import secrets
from typing import Final

VARIABLE: Final = "TRACEPARENT"

_FORM: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")
_SAMPLED: Final = "01"


def child_of(parent: str | None, session: str) -> str:
    """Return the TRACEPARENT of a call: in the trace of `parent` if that is one, else in one made for the session.

    session: the session's id, hexadecimal. Every call has a parent id of its own.
    """
    found = _FORM.fullmatch(parent or "")
    trace, flags = found.groups() if found else (session.rjust(32, "f")[-32:], _SAMPLED)
    return f"00-{trace}-{secrets.token_hex(8)}-{flags}"
