"""The modes of `--chmod`: octal, or symbolic as POSIX' chmod has them, without a umask (`u=rwX,go=rX`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_OCTAL: Final = re.compile(r"[0-7]{3,4}")
_CLAUSE: Final = re.compile(r"([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)")
_ACTION: Final = re.compile(r"([-+=])([ugo]|[rwxXst]*)")
_SHIFTS: Final = {"u": 6, "g": 3, "o": 0}
_BITS: Final = {"r": 4, "w": 2, "x": 1}
_SPECIAL: Final = {"u": 0o4000, "g": 0o2000, "o": 0}
_STICKY: Final = 0o1000
_ANY_EXECUTE: Final = 0o111


@dataclass(frozen=True, slots=True)
class Permissions:
    """What `--chmod` asks for."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Permissions:
        """Read a mode; ValueError when it is none."""
        if not (_OCTAL.fullmatch(text) or all(map(_CLAUSE.fullmatch, text.split(",")))):
            raise ValueError(text)
        return cls(text)

    def of(self, mode: int, *, folder: bool) -> int:
        """Return the mode that something of a mode gets."""
        if _OCTAL.fullmatch(self.text):
            return int(self.text, 8)
        for clause in self.text.split(","):
            found = _CLAUSE.fullmatch(clause)
            assert found is not None
            whom = "ugo" if not found[1] or "a" in found[1] else found[1]
            for sign, what in _ACTION.findall(found[2]):
                mode = _changed(mode, whom, sign, what, folder=folder)
        return mode


def _changed(mode: int, whom: str, sign: str, what: str, *, folder: bool) -> int:
    given, all_of = 0, 0
    for one in whom:
        shift = _SHIFTS[one]
        all_of |= 0o7 << shift | _SPECIAL[one]
        if what in _SHIFTS:
            given |= (mode >> _SHIFTS[what] & 0o7) << shift
            continue
        for letter in what:
            if letter in _BITS:
                given |= _BITS[letter] << shift
            elif letter == "X" and (folder or mode & _ANY_EXECUTE):
                given |= _BITS["x"] << shift
            elif letter == "s":
                given |= _SPECIAL[one]
            elif letter == "t":
                given |= _STICKY
    match sign:
        case "+":
            return mode | given
        case "-":
            return mode & ~given
        case _:
            # as GNU chmod, folders keep set-user-id and set-group-id unless they are named
            kept = mode & 0o6000 if folder else 0
            return mode & ~all_of | given | kept
