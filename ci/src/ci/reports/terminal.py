"""What gates came to, as text for a terminal: the worst findings, what to do about them, and where the others are."""

from collections.abc import Iterable, Sequence
from typing import Final

from ci.columns import columns
from ci.findings import Finding
from ci.outcome import Outcome, State
from ci.reports import remedies
from ci.verdict import Verdict

_KIND: Final = "Kind"
HEADER: Final = ("Severity", _KIND, "Id", "Package", "Fixed in", "Place", "Message")
ROWS: Final = 50
"""As many findings are shown, the worst."""

WIDTH: Final = 100
"""Messages are cut so that lines are no wider, but for places and packages, which nobody could find when cut."""

_NONE: Final = "-"
_LEAST: Final = 30
"""Of a message, this much is shown however wide the line is then."""

_GAP: Final = 2


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return one line for each gate: how it stands, and why."""
    rows = [(each.gate, each.state.value, each.summary) for each in outcomes]
    return columns([("Gate", "State", "Because"), *rows], names=3)


def report(outcomes: Sequence[Outcome]) -> str:
    """Return the summary, then what each gate that is not off came to."""
    told = [each for each in outcomes if each.state is not State.OFF]
    sections = [f"{each.gate}: {each.state.value}\n\n{render(each)}" for each in told]
    return "\n\n\n".join([summary(outcomes), *sections]) + "\n"


def render(outcome: Outcome) -> str:
    """Return what a gate came to."""
    if outcome.verdict is None:
        return outcome.error or outcome.summary
    return verdict(outcome.verdict, outcome.gate)


def verdict(found: Verdict, gate: str = "") -> str:
    """Return the findings that fail or are waived, what else there is to say, and the origin of it all.

    gate: whose report has all of them, "" for none.
    """
    counting, division = found.division.counting, found.division
    paragraphs = []
    if counting:
        paragraphs.append(_rows(counting[:ROWS]))
    where = f": `./dagger call -o report report --gate={gate}` has all" if gate else ""
    if len(counting) > ROWS:
        paragraphs.append(f"… and {len(counting) - ROWS} more{where}")
    paragraphs += _remedies(counting)
    waived = [f"waived: {each.id} {each.place}: {waiver.says}" for each, waiver in division.waived]
    paragraphs += waived[:ROWS]
    if len(waived) > ROWS:
        paragraphs.append(f"… and {len(waived) - ROWS} more that are waived{where}")
    paragraphs += [f"{waiver}: nothing was found" for waiver in division.unmatched]
    if found.look.notes:
        paragraphs.append("\n".join(found.look.notes))
    nothing = "nothing to mend" if found.narrowing is None else "nothing new to mend"
    paragraphs.append("; ".join(found.faults) or nothing)
    if found.narrowing is not None:
        paragraphs.append(str(found.narrowing))
    if found.feed or found.tolerated:
        paragraphs.append(f"{len(found.tolerated)} more that [{found.policy}] lets pass")
    return "\n\n".join([*paragraphs, _origin(found)])


def _origin(found: Verdict) -> str:
    if found.feed:
        return f"looked at: {found.look}\nscanner: {found.scanner}\nfeed: {found.feed}"
    given = f"given: {found.look.given}\n" if found.look.given else ""
    return f"{given}by: {found.scanner}"


def _remedies(findings: Iterable[Finding]) -> list[str]:
    shown, more = remedies.grouped(findings)
    lines = [f"    {rules}: {_line(remedy)}" for remedy, rules in shown.items()]
    if more:
        lines.append(f"    … and {more} more in the report")
    return ["\n".join(["what to do:", *lines])] if lines else []


def _rows(findings: Iterable[Finding]) -> str:
    """Return findings as lines below the header, without the columns that say nothing: empty, or of one kind only."""
    rows = list(map(_row, findings))
    filled = [
        place
        for place, texts in enumerate(zip(*rows, strict=True))
        if {*texts} != {_NONE} and (HEADER[place] != _KIND or len({*texts}) > 1)
    ]
    shown = [[row[place] for place in filled] for row in (HEADER, *rows)]
    if HEADER[filled[-1]] == HEADER[-1]:
        before = zip(*(row[:-1] for row in shown), strict=True)
        taken = sum(max(map(len, texts)) + _GAP for texts in before)
        width = max(_LEAST, WIDTH - taken)
        shown = [[*row[:-1], _cut(row[-1], width)] for row in shown]
    return columns(shown, len(filled))


def _row(finding: Finding) -> tuple[str, ...]:
    package = f"{finding.package} {finding.installed}".strip()
    texts = (finding.id, package, finding.fixed, finding.place, finding.message)
    return (finding.severity.name, finding.kind.value, *(_line(text) or _NONE for text in texts))


def _line(text: str) -> str:
    return " ".join(text.partition("\n")[0].split())


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"
