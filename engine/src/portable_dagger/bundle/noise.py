"""The kinds of noise in output, as data: what differs from run to run of the same failure. Pure.

docs/reference/bundles.md has them in a table, and a test walks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KEPT: Final = "…"
"""In a replacement: where the part of the match that is named `kept` goes, without its own noise."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Noise of one kind, and what is put in its place.

    The pattern begins with a literal or a set of characters, so that an alternative whose first character does not
    fit costs next to nothing: nearly all do not fit. What stands before is looked at after that character, which is
    the last `.` of such a look back.
    """

    pattern: str
    replacement: str


def _number_after(word: str, *gaps: str) -> str:
    """Match the first digit of a number after a whole word and one of the gaps."""
    told = "|".join(f"(?<={word}{gap}.)(?<![A-Za-z]{word}{gap}.)" for gap in gaps)
    return rf"\d(?:{told})"


_CLOCK = r"\d{1,2}:\d\d:\d\d(?:[.,]\d+)?"
_MONTH = "[JFMASOND](?:an|eb|ar|pr|ay|un|ul|ug|ep|ct|ov|ec)"
_WEEKDAY = "[MTWFS](?:on|ue|ed|hu|ri|at|un)"
_MONTH_FIRST = rf"{_MONTH} {{1,2}}\d{{1,2}} (?:{_CLOCK}|\d\d:\d\d)"
_DAY_FIRST = rf"\d{{1,2}} {_MONTH} \d{{4}}(?: {_CLOCK})?"
_YEAR_LAST = r"(?:(?P<kept> [A-Z]{3,4})? \d{4})?(?!\d)"
_HEX = "[0-9a-fA-F]"
_GROUP = f"{_HEX}{{1,4}}"
# Of an address, not of a version as in `name-1.2.3.4`, `name==1.2.3.4` and `version 1.2.3.4`.
_IPV4 = r"\d(?<!-.)(?<![=~<>!]=.)(?<!ersion .)\d{0,2}(?:[.]\d{1,3}){3}"
_GAPS = (" ", "=", ":", ": ", " = ", '": ', "='", '="', r" \(", r" \[")
# The end of a number: neither a word nor a version goes on.
_END = r"(?!\w|[.-][\w{])"
_ENDED_BY = (
    "Segmentation fault|Killed|Aborted|Terminated|Bus error|Illegal instruction|Hangup|"
    "Floating point exception|Trace/breakpoint trap"
)
_NAME = r"""[^\s/\\'"`<>:,;()\[\]{}|]+"""

WORDS: Final = (
    # Times. Zones stay: they tell failures apart.
    Rule(rf"{_MONTH_FIRST}(?P<kept> [\w.-]+ [\w./-]+\[)\d+(?=\])", "{time}…{pid}"),
    Rule(rf"{_MONTH_FIRST}{_YEAR_LAST}", "{time}…"),
    Rule(rf"{_WEEKDAY},? (?:{_DAY_FIRST}(?!\w)|{_MONTH_FIRST}{_YEAR_LAST})", "{time}…"),
    Rule(rf"{_DAY_FIRST}(?!\w)", "{time}"),
    Rule(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?!\d|-[\d{])", "{time}"),
    Rule(rf"\d{{4}}/\d\d/\d\d(?: {_CLOCK})?(?![\d/])", "{time}"),
    Rule(rf"\d{{1,2}}/{_MONTH}/\d{{4}}:{_CLOCK}", "{time}"),
    Rule(r"\d{8}T\d{6}(?!\d)", "{time}"),
    # Not line and column, as in `file.c:12:34:56`.
    Rule(r"\d(?<!:.)\d?:\d\d:\d\d(?:[.,]\d+)?(?![\w:])", "{time}"),
    Rule(rf"1[5-9]\d{{8}}(?:\d{{3}}|\d{{6}}|\d{{9}})?(?:[.]\d+)?{_END}", "{time}"),
    Rule(r"datetime[.](?:datetime|date|time)\(\d+(?:, \d+)*", "datetime({time}"),
    Rule(r"datetime[.]timedelta\([^)\n]{0,99}", "timedelta({duration}"),
    # Durations; the ruler beside pytest's is as long as they leave room.
    Rule(r"in \d+(?:[.]\d+)?s(?: \(\d+:\d\d:\d\d\))? =+$", "in {duration} ===="),
    Rule(r"in \d+(?:[.]\d+)?s \(\d+:\d\d:\d\d\)", "in {duration}"),
    Rule(r"\d+(?:[.]\d+)? ?(?:[kKMGT]?i?B|it|bytes)/s(?!\w)", "{rate}"),
    Rule(
        r"\d+(?:h ?\d+)?(?:m ?\d+)?(?:[.,]\d+)?(?: ?(?:ns|us|µs|ms|s)|"
        r" (?:(?:milli|micro|nano)?seconds?|secs?|minutes?|hours?))(?!\w)",
        "{duration}",
    ),
    Rule(r"\d{1,3}%\|[^|\n]{0,300}\|", "{progress}"),
    # Names that are made up for one run.
    Rule(f"{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}(?!\\w)", "{uuid}"),
    Rule(rf"{_HEX}(?={_HEX}{{11}})(?:(?<=\d)\d*[a-fA-F]|(?<=\D)[a-fA-F]*\d){_HEX}*(?!\w)", "{hex}"),
    Rule(r"tmp(?!_)(?=[a-z_]*\d)[a-z0-9_]{6,8}(?!\w)", "{temporary}"),
    Rule(r"pytest-of-[^/\s]{1,64}/pytest-\d+(?:/popen-gw\d+)?", "{temporary}"),
    Rule(f"0x{_HEX}{{6,}}(?!\\w)", "{address}"),
    # Networks.
    Rule(rf"{_IPV4}(?P<kept>:|', )\d{{1,5}}{_END}", "{ip}…{port}"),
    Rule(rf"{_IPV4}{_END}", "{ip}"),
    Rule(f"(?:{_HEX}{{2}}:){{5}}{_HEX}{{2}}(?![\\w:{{])", "{mac}"),
    Rule(f"{_GROUP}(?::{_GROUP}){{7}}(?![\\w:{{])", "{ip}"),
    # Three digits at least before the colons: `items[1::2]` is a slice, and `Feed::add` a method.
    Rule(
        rf"{_HEX}(?:(?<=\d)|(?=[a-fA-F]{{0,2}}\d)){_HEX}{{2,3}}(?::{_GROUP}){{0,6}}::[0-9a-fA-F:]{{0,40}}(?![\w:{{])",
        "{ip}",
    ),
    Rule(rf"\d(?<=localhost:.)\d{{0,4}}{_END}", "{port}"),
    Rule(rf"{_number_after('[Pp][Oo][Rr][Tt]', *_GAPS)}\d{{0,4}}{_END}", "{port}"),
    # Processes, and what is counted like them.
    Rule(rf"{_number_after('[Pp][Ii][Dd]', *_GAPS)}\d*(?!\w)", "{pid}"),
    Rule(r"\d(?<=rocess \[.)\d*(?=\])", "{pid}"),
    Rule(r"\d(?<=rocess .)\d*(?= waits|[.;]|$)", "{pid}"),
    Rule(r"\d(?:(?<=goroutine .)|(?<=on transaction .))\d*(?!\w)", "{id}"),
    Rule(rf"line (?P<kept>\d+:) +\d+(?= +(?:{_ENDED_BY}))", "line … {pid}"),
)
"""Noise that begins where a word does: after neither letter, digit, underscore, full stop nor placeholder."""

ANYWHERE: Final = (
    # A secret as output shows it, and as a bundle's files and arguments do, with as many as it had characters.
    Rule(r"\*{4,}", "***"),
    Rule(
        rf"/(?<![\w.}}-].)(?:var/)?tmp/(?:pytest-of-[^/\s]{{1,64}}/pytest-\w+(?:/popen-gw\d+)?|{_NAME})",
        "{temporary}",
    ),
    Rule(r"@(?<=[A-Za-z$;].)(?=[a-f]*\d)[0-9a-f]{6,8}(?!\w)", "@{address}"),
    Rule(r":(?<=[\w\]].)\d{2,5}(?=/)", ":{port}"),
    Rule(
        r":(?P<kept>//(?:[^\s/@]{0,200}@)?(?:[\w.-]{1,255}|\[[0-9a-fA-F:]{1,40}\]):)\d{1,5}(?![\w:{]|[.]\w)",
        ":…{port}",
    ),
    Rule(r":(?<![\w:}.].):1(?![\w:])", "{ip}"),
    Rule(r"\[(?P<kept>[0-9a-fA-F:]{0,40}::[0-9a-fA-F:]{0,40}\]:)\d{1,5}(?!\w)", "[…{port}"),
    Rule(r"\[(?:(?<=UTC .)|(?<=GMT .)|(?<=[+-]\d{4}\] .))\d+\]", "[{pid}]"),
    Rule(r"\[gw\d+\]", "[gw{id}]"),
    Rule(r"\[ *\d{1,3}%\]", "[{progress}]"),
    Rule(r"\[\d+:\d\d(?::\d\d)?<[\d:?]{1,16},[^\]\n]{0,64}\]", "[{progress}]"),
    Rule(r"[━╸╺▏▎▍▌▋▊▉█░▒▓]{2,}", "{progress}"),
    # At the start of a line: nothing stands before.
    Rule(r"\[(?<!..) *\d+[.]\d{6}\](?= \S)", "[{time}]"),
    Rule(r"=(?<!..)=\d+==", "=={pid}=="),
    Rule(r"=(?<!..)=*(?= .* in \d[\d.]*s)", "===="),
)
"""Noise that may stand anywhere."""
