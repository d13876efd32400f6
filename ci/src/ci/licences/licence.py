"""Licences of packages, as expressions of SPDX, and whether lists of what is allowed and denied let them pass."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

Licence = str | list[Any]
"""An identifier, or AND or OR and what it joins."""

OR: Final = "OR"
_WITH: Final = " WITH "


@dataclass(frozen=True, slots=True)
class Lists:
    """Identifiers that are allowed, all if there is none, and those that are denied."""

    allowed: Collection[str]
    denied: Collection[str]

    def let_pass(self, licence: Licence) -> bool:
        """Return whether a licence passes: one of alternatives is enough, of what counts together all have to."""
        if isinstance(licence, str):
            return self._passes(licence)
        operator, *parts = licence
        return (any if operator == OR else all)(map(self.let_pass, parts))

    def stopping(self, licence: Licence) -> list[str]:
        """Return the identifiers in a licence that do not pass."""
        if isinstance(licence, str):
            return [] if self._passes(licence) else [licence]
        found = (name for part in licence[1:] for name in self.stopping(part))
        return list(dict.fromkeys(found))

    def _passes(self, identifier: str) -> bool:
        if identifier in self.denied:
            return False
        if identifier in self.allowed:
            return True
        # An exception permits more than the licence does without it.
        licence, exception, _ = identifier.partition(_WITH)
        if exception:
            return self._passes(licence)
        return not self.allowed


def text(licence: Licence) -> str:
    """Return a licence as SPDX writes it."""
    if isinstance(licence, str):
        return licence
    operator, *parts = licence
    joined = [text(part) if isinstance(part, str) else f"({text(part)})" for part in parts]
    return f" {operator} ".join(joined)
