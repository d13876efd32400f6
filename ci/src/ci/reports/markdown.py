"""What gates came to as Markdown for a comment at a pull request (GitHub Flavored Markdown).

What tools say stands in code spans and fenced blocks only: there it is neither HTML nor a mention, and ends no table.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ci.findings import Finding
from ci.outcome import Outcome, headline
from ci.printable import shortened
from ci.reports import place, remedies
from ci.verdict import Judged, Narrowing, Standing, Verdict

MARKER: Final = "<!-- portable-ci: report of the gates -->"
"""The first line, which nobody sees: by it a comment is found again and changed in place."""

LIMIT: Final = 60_000
"""In characters. A comment at GitHub has at most 65,536; what is left is for who writes more into it."""

_TEXT: Final = 300
_CELL: Final = 80
_ERROR: Final = 3_000
_FOLD: Final = 200
"""What a fold and the line with what is left out need."""

_WAIVERS: Final = 12
_FIXED: Final = 10
"""As many findings that are gone are told."""

_NONE: Final = "-"
_TICKS: Final = re.compile("`+")


def render(
    outcomes: Sequence[Outcome], link: str = "", more: Sequence[str] = (), first: str = ""
) -> str:
    """Return the verdict, a table of the gates, and below it as many findings as a comment may hold, the worst first.

    link: what stands before the paths of files, where somebody serves them (see `ci.reports.place`). more: what else
    there is to say, below the table; it is not cut. first: what has to be seen before the table; neither is that.
    """
    head = [MARKER, f"**{headline(outcomes)}**", first, "\n".join(_table(outcomes)), *more]
    left = LIMIT - sum(map(len, head))
    sections: dict[str, str] = {}
    # What a gate with little to say leaves over is for those with more.
    for number, outcome in enumerate(sorted(outcomes, key=_size)):
        section = _section(outcome, link, left // (len(outcomes) - number))
        left -= len(section)
        sections[outcome.gate] = section
    told = [sections[outcome.gate] for outcome in outcomes]
    return "\n\n".join(filter(None, [*head, *told])) + "\n"


def code(text: str, most: int = _TEXT) -> str:
    """Return a text in one line as a code span that it cannot end (CommonMark 0.31, 6.1); "" for none."""
    line = " ".join(text.split())
    if not line:
        return ""
    if len(line) > most:
        line = f"{line[: most - 1]}…"
    fence = "`" * (_longest(line) + 1)
    room = " " if "`" in {line[0], line[-1]} else ""
    return f"{fence}{room}{line}{room}{fence}"


def cell(text: str) -> str:
    """Return a text as a code span in a table, where a bar would end the cell even there (GFM 0.29, 4.10)."""
    return code(text, _CELL).replace("|", "\\|") or _NONE


def block(text: str, most: int = _ERROR) -> str:
    """Return a text as a fenced block that it cannot end (CommonMark 0.31, 4.5)."""
    text = shortened(text, most)
    fence = "`" * max(3, _longest(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def at(finding: Finding, link: str) -> str:
    """Return where a finding is, as a link if there is one."""
    return _linked(code(finding.place), place.of(finding, link))


def _longest(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)


def _linked(text: str, address: str) -> str:
    return f"[{text}](<{address}>)" if address else text


def _table(outcomes: Iterable[Outcome]) -> Iterator[str]:
    outcomes = tuple(outcomes)
    narrowed = any(each.verdict is not None and each.verdict.narrowing for each in outcomes)
    first = ("New", "Fixed", "Older") if narrowed else ("To mend",)
    names = (*first, "Waived", "Let pass")
    yield f"| Gate | State | {' | '.join(names)} |"
    yield f"|---|---|{'--:|' * len(names)}"
    for outcome in outcomes:
        state = f"**{outcome.state.value}**" if outcome.red else outcome.state.value
        counts = [_NONE] * len(names)
        if outcome.verdict is not None:
            counts = [str(count) for count in outcome.verdict.counts.values()]
            if outcome.verdict.narrowing is not None:
                narrowing = outcome.verdict.narrowing
                counts[1:1] = [str(len(narrowing.fixed)), str(narrowing.older)]
        yield f"| {' | '.join([outcome.gate, state, *counts])} |"


def _size(outcome: Outcome) -> int:
    return sum(outcome.verdict.counts.values()) if outcome.verdict is not None else 0


def _section(outcome: Outcome, link: str, room: int) -> str:
    """Return what is behind a gate's fold, of about so many characters; "" if there is nothing to say."""
    if outcome.error:
        return _fold(
            f"{outcome.gate} could not be checked", [block(outcome.error, min(room, _ERROR))]
        )
    if outcome.verdict is None:
        return ""
    counts = outcome.verdict.counts
    failing, waived = counts[Standing.FAILING], counts[Standing.WAIVED]
    summary = f"{failing} to mend, {waived} waived"
    narrowing = outcome.verdict.narrowing
    if narrowing is not None:
        summary = f"{failing} new, {len(narrowing.fixed)} fixed, {waived} waived"
    if not (failing or waived or outcome.red or (narrowing and narrowing.fixed)):
        return ""
    return _fold(f"{outcome.gate}: {summary}", _lines(outcome.verdict, link, room))


def _fold(summary: str, lines: Iterable[str]) -> str:
    return "\n".join([f"<details><summary>{summary}</summary>", "", *lines, "", "</details>"])


def _lines(found: Verdict, link: str, room: int) -> list[str]:
    expired = found.division.expired
    ends = [f"- {code(f'{each} expired on {each.expires}')}" for each in expired[:_WAIVERS]]
    if len(expired) > _WAIVERS:
        ends.append(f"- … and {len(expired) - _WAIVERS} more waivers that expired")
    shown, more = remedies.grouped(found.division.counting)
    ends += [f"- to do for {code(rules)}: {code(remedy)}" for remedy, rules in shown.items()]
    if more:
        ends.append(f"- … and {more} more to do")
    told = [judged for judged in found.judged if judged.standing is not Standing.TOLERATED]
    if found.narrowing is not None:
        ends += _beside(found.narrowing)
    left = room - _FOLD - sum(len(end) + 1 for end in ends)
    lines: list[str] = []
    for judged in told:
        line = _line(judged, link)
        left -= len(line) + 1
        if left < 0:
            lines.append(f"- … and {len(told) - len(lines)} more, which the report has")
            break
        lines.append(line)
    return lines + ends


def _beside(narrowing: Narrowing) -> Iterator[str]:
    """Give why there is nothing to compare with, and what is gone."""
    if narrowing.trouble:
        yield f"- everything counts as new: {code(narrowing.trouble)}"
    for finding in narrowing.fixed[:_FIXED]:
        yield f"- fixed: {code(finding.id)} {code(finding.place)}"
    if len(narrowing.fixed) > _FIXED:
        yield f"- … and {len(narrowing.fixed) - _FIXED} more fixed"


def _line(judged: Judged, link: str) -> str:
    finding = judged.finding
    package = f"{finding.package} {finding.installed}".strip()
    mended = f"mended in {finding.fixed}" if finding.fixed else ""
    rule = _linked(code(finding.id), place.address(finding.link))
    said = [code(text) for text in (package, finding.says, mended) if text]
    if judged.waiver is not None:
        said.append(f"waived: {code(judged.waiver.says)}")
    return f"- **{finding.severity.name}** {rule} {at(finding, link)}: {', '.join(said)}"
