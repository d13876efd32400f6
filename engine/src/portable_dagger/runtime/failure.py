"""Why a program did not start, in the words that Dagger has for it (conformance: exec.not-executable and others).

Dagger's init is written in Go: a name without a slash is looked up in PATH, everything else is fork/exec's error. Here
the container's init, tini, says so on the container's stderr; without init, crun or runc does.
"""

from __future__ import annotations

import re

NOT_STARTED = 1

_RUNC = "runc run failed: unable to start container process: exec: "
_MARKS = (
    b"[FATAL tini (",
    b"executable file `",
    b"open executable: ",
    b"exec container process ",
    _RUNC.encode(),
)
_ERROR = re.compile(
    r"\[FATAL tini \(\d+\)\] exec .* failed: (?P<init>.*)"
    r"|executable file `.*` not found in \$PATH: (?P<lookup>.*)"
    r"|open executable: (?P<open>.*)"
    r"|exec container process .*`: (?P<exec>.*)"
    rf"|{_RUNC}\".*\": (?:stat .*: )?(?P<runc>.*)",
    re.DOTALL,
)


class StartErrors:
    """Holds a container's stderr back as long as it may be the word that the program did not start."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._held = b""
        self._passing = False

    def feed(self, chunk: bytes) -> bytes:
        """Return what is the program's own output for sure."""
        if self._passing:
            return chunk
        self._held += chunk
        if any(self._held.startswith(mark[: len(self._held)]) for mark in _MARKS):
            return b""
        self._passing = True
        held, self._held = self._held, b""
        return held

    def end(self, code: int) -> tuple[int, bytes]:
        """Return the exit code and what is left of the output, both as Dagger has them."""
        match = _ERROR.fullmatch(self._held.decode(errors="replace").removesuffix("\n"))
        if match is None or code == 0:
            return code, self._held
        if "/" in self._program:
            error = next(text for text in match.groups() if text is not None)
            reason = f"fork/exec {self._program}: {error.lower()}\n"
        else:
            reason = f'exec: "{self._program}": executable file not found in $PATH\n'
        return NOT_STARTED, reason.encode()
