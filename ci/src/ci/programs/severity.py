"""How bad a vulnerability is, by what its advisory says: in words, or as a vector of CVSS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cvss import CVSS2, CVSS3, CVSS4
from cvss.exceptions import CVSSError

from ci.programs.osv import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ORDER: Final = (UNKNOWN, "LOW", "MEDIUM", "HIGH", "CRITICAL")
"""The severities, the worst last."""

_WORDS: Final = {"MODERATE": "MEDIUM"}
"""What GitHub's advisories call otherwise."""

_VECTORS: Final = {"CVSS_V2": CVSS2, "CVSS_V3": CVSS3, "CVSS_V4": CVSS4}


def of(document: Mapping[str, Any]) -> str:
    """Return the worst severity that an advisory of OSV's schema tells; UNKNOWN if it tells none that can be read."""
    return max(_told(document), key=ORDER.index)


def _told(document: Mapping[str, Any]) -> Iterator[str]:
    yield UNKNOWN
    for told in (document, *(document.get("affected") or ())):
        word = str((told.get("database_specific") or {}).get("severity") or "").upper()
        yield _known(word)
        for score in told.get("severity") or ():
            yield _scored(score)


def _scored(score: Mapping[str, Any]) -> str:
    vector = _VECTORS.get(score.get("type", ""))
    try:
        read = vector(score["score"]) if vector else None
    except (CVSSError, KeyError):
        return UNKNOWN
    if read is None:
        return UNKNOWN
    return _known(str(read.severity if isinstance(read, CVSS4) else read.severities()[0]).upper())


def _known(word: str) -> str:
    word = _WORDS.get(word, word)
    # CVSS has "None", too: a score of 0.
    return word if word in ORDER else UNKNOWN
