"""Output without its noise: times, addresses, temporary names and the like become placeholders such as `{time}`.

What tells failures apart stays: names of tests, texts of exceptions, line numbers, plain numbers, exit codes, versions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from portable_dagger.bundle.noise import ANYWHERE, KEPT, WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portable_dagger.bundle.noise import Rule

_ESCAPES: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, and movements of the cursor
    r"|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # titles and links
    r"|\x1b[ -/]+[0-~]|\x1b[0-Z\\^-~]?"
)


def normalise(text: str) -> str:
    """Return text, of one line or many, with placeholders for its noise; doing it again changes nothing."""
    if "\x1b" in text:
        text = _ESCAPES.sub("", text)
    # Of a line that was written over and over, such as a progress bar, the last state is what remained.
    text = "\n".join([line.rstrip().rpartition("\r")[2] for line in text.split("\n")])
    return _NOISE.sub(_replaced, text)


def _replaced(match: re.Match[str]) -> str:
    """Return what stands for a match: the last group that took part is the empty one that names its rule."""
    name = match.lastgroup or ""
    kept = match[f"kept_{name}"] if f"kept_{name}" in _NOISE.groupindex else None
    return _REPLACEMENTS[name].replace(KEPT, _NOISE.sub(_replaced, kept) if kept else "")


def _alternatives(rules: Sequence[Rule], prefix: str) -> str:
    """Return the rules as alternatives, each with an empty group at its end that tells which one it is."""
    return "|".join(
        rule.pattern.replace("?P<kept>", f"?P<kept_{prefix}{number}>") + f"(?P<{prefix}{number}>)"
        for number, rule in enumerate(rules)
    )


_REPLACEMENTS: Final = {
    f"{prefix}{number}": rule.replacement
    for prefix, rules in (("word", WORDS), ("any", ANYWHERE))
    for number, rule in enumerate(rules)
}
_NOISE: Final = re.compile(
    rf"(?<![\w.}}])(?:{_alternatives(WORDS, 'word')})|{_alternatives(ANYWHERE, 'any')}",
    re.ASCII | re.MULTILINE,
)
