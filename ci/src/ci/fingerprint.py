"""Output without what differs from run to run of one failure: times, addresses, temporary paths, chance names."""

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

_HEX: Final = "[0-9a-fA-F]"
_NOISE: Final = (
    (rf"\b{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}\b", "{uuid}"),
    (r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?", "{time}"),
    (r"\b\d{1,2}:\d\d:\d\d(?:[.,]\d+)?", "{time}"),
    (r"\b\d+(?:[.]\d+)? ?(?:ns|us|µs|ms|s|seconds?)\b", "{duration}"),
    (rf"\b0x{_HEX}{{6,16}}\b", "{address}"),
    (rf"\b(?=\d*[a-fA-F])(?=[a-fA-F]*\d){_HEX}{{12,}}\b", "{hex}"),
    (r"/(?:var/)?tmp/(?:pytest-of-[^/\s]+/pytest-\d+|[^/\s'\":,)]+)", "{path}"),
    (r"\b(?:\d{1,3}[.]){3}\d{1,3}(?::\d{1,5})?\b", "{ip}"),
    (r"\blocalhost:\d{1,5}\b", "{ip}"),
    (r"\b(?i:(port|pid|process))([ =:]+)\d+\b", r"\1\2{number}"),
    (r"={4,}", "===="),
)


def normalise(line: str) -> str:
    """Return a line with a word in braces for each piece of noise."""
    for pattern, replacement in _COMPILED:
        line = pattern.sub(replacement, line)
    return line.rstrip()


def difference(first: Sequence[str], second: Sequence[str]) -> tuple[str, str] | None:
    """Return the first lines in which two outputs differ, as they are; None if they do not. "" stands for no line.

    Empty lines and another order are no difference: side by side, who speaks first is chance.
    """
    here = [(found, line) for line in first if (found := normalise(line))]
    there = [(found, line) for line in second if (found := normalise(line))]
    if sorted(found for found, _ in here) == sorted(found for found, _ in there):
        return None
    for (one, line), (other, another) in zip_longest(here, there, fillvalue=("", "")):
        if one != other:
            return line, another
    return None


_COMPILED: Final = tuple((re.compile(pattern), replacement) for pattern, replacement in _NOISE)
