"""Why a program did not start, in the words that Dagger has for it (conformance: exec.not-executable and others).

Dagger's init is written in Go: a name without a slash is looked up in PATH, everything else is fork/exec's error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NOT_STARTED = 1
INIT_CODES = (126, 127)

_MARK = b"[FATAL tini ("
_INIT_ERROR = re.compile(rb"\[FATAL tini \(\d+\)\] exec (.*) failed: (.*)\n", re.DOTALL)
_NOT_IN_PATH = re.compile(r"executable file `(.*)` not found in \$PATH(?:: (.*))?")
_NOT_OPENED = re.compile(r"(?:open|exec) (?:executable|`(.*)`): (.*)")


class StartErrors:
    """Holds a container's stderr back as long as it may be the init's word that the program did not start."""

    def __init__(self) -> None:
        self._held = b""
        self._passing = False

    def feed(self, chunk: bytes) -> bytes:
        """Return what is the program's own output for sure."""
        if self._passing:
            return chunk
        self._held += chunk
        if self._held.startswith(_MARK[: len(self._held)]):
            return b""
        self._passing = True
        held, self._held = self._held, b""
        return held

    def end(self, code: int) -> tuple[bytes, str]:
        """Return what is left of the output, and the reason if the program did not start."""
        match = _INIT_ERROR.fullmatch(self._held) if code in INIT_CODES else None
        if match is None:
            return self._held, ""
        return b"", reason(match[1].decode(errors="replace"), match[2].decode(errors="replace"))


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the container runtime logged: `reason` if the program did not start, else its `message`."""

    reason: str = ""
    message: str = ""


def refusal(log: str) -> Refusal:
    """Read the container runtime's log; empty when it refused nothing."""
    text = log.strip()
    if match := _NOT_IN_PATH.search(text):
        return Refusal(reason=reason(match[1], match[2] or "No such file or directory"))
    if match := _NOT_OPENED.search(text):
        return Refusal(reason=reason(match[1] or "", match[2]))
    return Refusal(message=text)


def reason(program: str, error: str) -> str:
    """Return Go's words for a program that could not be started; `error` is strerror's text."""
    if "/" not in program:
        return f'exec: "{program}": executable file not found in $PATH\n'
    return f"fork/exec {program}: {error.lower()}\n"
