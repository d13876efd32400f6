"""The corpus of secrets and near misses: made from a seed, so that no file of this repository holds one."""

from __future__ import annotations

import base64
import json
import random
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEED: Final = 20261128
ALNUM: Final = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Case:
    """A file that holds one secret, or something that looks like one and is none."""

    kind: str
    path: str
    text: str
    secret: bool
    held_out: bool
    """Whether it was written after the rules."""


class Chance:
    """Random texts; the same for the same seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def text(self, length: int, letters: str = ALNUM) -> str:
        """Return a text of letters and digits, with both in it."""
        while True:
            made = "".join(self._random.choices(letters, k=length))
            if any(letter.isdigit() for letter in made) and any(map(str.isalpha, made)):
                return made

    def hex(self, length: int) -> str:
        """Return hexadecimal digits."""
        return self.text(length, "0123456789abcdef")

    def digits(self, length: int) -> str:
        """Return decimal digits; the first is not 0."""
        return "1" + "".join(self._random.choices(string.digits, k=length - 1))

    def letters(self, length: int) -> str:
        """Return letters."""
        return "".join(self._random.choices(string.ascii_letters, k=length))

    def upper(self, length: int) -> str:
        """Return what base32 is made of."""
        return self.text(length, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")

    def bytes(self, length: int) -> bytes:
        """Return bytes."""
        return self._random.randbytes(length)

    def base64(self, length: int) -> str:
        """Return bytes in base64."""
        return base64.b64encode(self.bytes(length)).decode()

    def url_base64(self, length: int) -> str:
        """Return bytes in base64 for URLs, without padding."""
        return base64.urlsafe_b64encode(self.bytes(length)).decode().rstrip("=")

    def uuid(self) -> str:
        """Return a UUID of version 4."""
        made = self.hex(32)
        return f"{made[:8]}-{made[8:12]}-4{made[13:16]}-a{made[17:20]}-{made[20:]}"

    def password(self, length: int = 18) -> str:
        """Return what a password manager gives, fit for a URL."""
        return self.text(length, f"{ALNUM}-_.~")

    def pem(self, what: str, length: int = 600) -> str:
        """Return a PEM block with random content."""
        body = self.base64(length)
        lines = "\n".join(body[place : place + 64] for place in range(0, len(body), 64))
        return f"-----BEGIN {what}-----\n{lines}\n-----END {what}-----\n"

    def jwt(self) -> str:
        """Return a signed JSON Web Token."""
        claims = {"sub": self.hex(8), "role": "admin", "iat": 1764000000, "jti": self.uuid()}
        parts = [{"alg": "HS256", "typ": "JWT"}, claims]
        encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts]
        return ".".join([part.decode().rstrip("=") for part in encoded] + [self.url_base64(32)])


Files = dict[str, "Callable[[Chance], str]"]
"""What the files of a kind hold, by their paths."""


def cases(kinds: dict[str, Files], *, secret: bool, held_out: bool = False) -> Iterator[Case]:
    """Yield the cases of all kinds."""
    for kind, files in kinds.items():
        for path, make in files.items():
            yield Case(kind, path, make(Chance(f"{SEED} {path}")), secret, held_out)
