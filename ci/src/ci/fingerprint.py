"""Output without what differs from run to run of one failure: times, addresses, temporary paths, chance names."""

import re
from collections.abc import Sequence
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

    Lines that both have in another order are no difference: side by side, who speaks first is chance.
    """
    here = [normalise(line) for line in first]
    there = [normalise(line) for line in second]
    if sorted(here) == sorted(there):
        return None
    for place in range(max(len(here), len(there))):
        one = here[place] if place < len(here) else ""
        other = there[place] if place < len(there) else ""
        if one != other:
            return (
                first[place] if place < len(first) else "",
                second[place] if place < len(second) else "",
            )
    return None


_COMPILED: Final = tuple((re.compile(pattern), replacement) for pattern, replacement in _NOISE)
