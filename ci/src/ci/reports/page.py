"""What gates came to as one page for a browser: it asks nobody for anything, and is whole without JavaScript."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import groupby
from string import Template
from typing import Final

from ci.findings import Severity
from ci.outcome import Outcome, headline
from ci.reports import place
from ci.verdict import Judged, Standing, Verdict

_HEADS: Final = {
    Standing.FAILING: "To mend",
    Standing.WAIVED: "Waived",
    Standing.TOLERATED: "Let pass",
}
_COLUMNS: Final = ("Severity", "Gate", "Rule", "Place", "Finding")
_NONE: Final = "-"
_CHUNK: Final = 50


def render(outcomes: Sequence[Outcome], link: str = "") -> str:
    """Return the page.

    link: what stands before the paths of files, where somebody serves them (see `ci.reports.place`).
    """
    style, script = _read("page.css"), _read("page.js")
    return Template(_read("page.html")).substitute(
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        state="red" if any(each.red for each in outcomes) else "green",
        headline=escape(headline(outcomes)),
        gates="\n".join(map(_gate, outcomes)),
        errors="\n".join(_error(each) for each in outcomes if each.error),
        gate_options=_options(each.gate for each in outcomes if each.verdict is not None),
        severity_options=_options(severity.name for severity in reversed(Severity)),
        state_options="".join(
            f'<option value="{standing.value}">{head}</option>' for standing, head in _HEADS.items()
        ),
        findings="\n".join(_section(outcomes, standing, link) for standing in Standing),
    )


def _read(name: str) -> str:
    return files("ci.reports").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return a text's hash as a content security policy names it (CSP 3, 2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _options(names: Iterable[str]) -> str:
    return "".join(f"<option>{escape(name)}</option>" for name in names)


def _gate(outcome: Outcome) -> str:
    state = outcome.state.value
    counts = [_NONE] * len(Standing)
    if outcome.verdict is not None:
        counts = [str(count) for count in outcome.verdict.counts.values()]
    cells = "".join(
        f'<td class="count" data-label="{head}">{count}</td>'
        for head, count in zip(_HEADS.values(), counts, strict=True)
    )
    notes = [outcome.summary] if outcome.verdict is None else list(_notes(outcome.verdict))
    said = "".join(f"<p>{escape(note)}</p>" for note in notes)
    return (
        f'<tr class="{state}"><th scope="row">{escape(outcome.gate)}</th>'
        f'<td><span class="state">{state}</span></td>{cells}<td class="notes">{said}</td></tr>'
    )


def _notes(found: Verdict) -> Iterator[str]:
    """Give what there is to say of a gate beside its findings: by what, of which day, its waivers and notes."""
    yield from (f"{waiver} expired on {waiver.expires}" for waiver in found.division.expired)
    yield from (f"{waiver}: nothing was found" for waiver in found.division.unmatched)
    if found.narrowing is not None:
        yield str(found.narrowing)
    yield from found.look.notes
    looked = str(found.look) if found.feed else found.look.given
    yield ", ".join(filter(None, (looked, f"on {found.date}", f"by {found.scanner}")))
    if found.feed:
        yield f"feed: {found.feed}"


def _error(outcome: Outcome) -> str:
    return (
        f'<section class="error"><h2>{escape(outcome.gate)} could not be checked</h2>'
        f'<pre tabindex="0">{escape(outcome.error)}</pre></section>'
    )


def _section(outcomes: Sequence[Outcome], standing: Standing, link: str) -> str:
    """Return the findings that come to the same, by gates; those that fail are open to see."""
    found = [
        (outcome.gate, judged)
        for outcome in outcomes
        if outcome.verdict is not None
        for judged in outcome.verdict.judged
        if judged.standing is standing
    ]
    if not found:
        return ""
    heads = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    bodies = "\n".join(
        _group(gate, [judged for _, judged in group], link)
        for gate, group in groupby(found, lambda pair: pair[0])
    )
    return (
        f'<details class="findings" data-state="{standing.value}"{" open" * (standing is Standing.FAILING)}>'
        f'<summary><h2>{_HEADS[standing]} <span class="number">{len(found)}</span></h2></summary>'
        f"<table><thead><tr>{heads}</tr></thead>\n{bodies}</table></details>"
    )


def _group(gate: str, found: Sequence[Judged], link: str) -> str:
    head = (
        f'<tr class="group"><th colspan="{len(_COLUMNS)}" scope="rowgroup">{escape(gate)}'
        f' <span class="number">{len(found)}</span></th></tr>'
    )
    rows = [head, *(_row(gate, judged, link) for judged in found)]
    return "\n".join(map(_body, _chunks(rows)))


def _chunks(rows: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]


def _body(rows: Sequence[str]) -> str:
    # A full one is laid out only when it comes to be seen (page.css).
    kind = ' class="chunk"' if len(rows) == _CHUNK else ""
    return f"<tbody{kind}>{''.join(rows)}</tbody>"


def _row(gate: str, judged: Judged, link: str) -> str:
    finding = judged.finding
    severity = finding.severity.name
    package = f"{finding.package} {finding.installed}".strip()
    mended = f"mended in {finding.fixed}" if finding.fixed else ""
    said = f"{package}: {finding.says}" if package else finding.says
    waived = f"waived: {judged.waiver.says}" if judged.waiver is not None else ""
    notes = "".join(f"<p>{escape(note)}</p>" for note in (mended, finding.remedy, waived) if note)
    return (
        f'<tr><td class="{severity}">{severity}</td><td>{escape(gate)}</td>'
        f"<td>{_linked(finding.id, place.address(finding.link))}</td>"
        f"<td>{_linked(finding.place, place.of(finding, link))}</td>"
        f"<td>{escape(said)}{notes}</td></tr>"
    )


def _linked(text: str, address: str) -> str:
    if not address:
        return escape(text)
    return f'<a href="{escape(address)}" rel="noreferrer">{escape(text)}</a>'
