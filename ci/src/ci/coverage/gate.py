"""The gate `coverage`: the suite covers what is asked for, and no less than at the baseline."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import dagger

from ci import baseline, project, suite, suites, table, verdict, waivers
from ci.baseline import BASELINE
from ci.coverage import lines, settings
from ci.coverage.cobertura import Coverage
from ci.coverage.lines import NOTHING, Uncovered
from ci.coverage.settings import CoverageSettings
from ci.errors import CiError, SuiteError
from ci.findings import Finding, Kind, Look, Severity
from ci.matrix import ALL
from ci.settings import FILE, TABLE
from ci.subject import Subject
from ci.suite import SuiteRun
from ci.together import both, together
from ci.verdict import Verdict

NAME: Final = "coverage"
_TARGET: Final = "source"
_SHORT: Final = 12
_UNCOVERED: Final = (
    "test them; what no test can reach is left out by `# pragma: no cover` beside it"
)


@dataclass(frozen=True, slots=True)
class Measured:
    """A suite that is green, and what it covers together."""

    source: dagger.Directory
    coverage: Coverage
    merged: dagger.Container


@dataclass(frozen=True, slots=True)
class Past:
    """What the suite covered at the baseline. words: which commit that is, or why it is not known."""

    words: str
    measured: Measured | None = None

    def __str__(self) -> str:
        if self.measured is None:
            return f"compared with nothing: {self.words}"
        return f"at {self.words}: {_percent(self.measured.coverage)}"


async def judged(subject: Subject) -> Verdict | None:
    """Return what the gate comes to today, None if it is off.

    Raises SettingsError, and SuiteError where the suite is red: what it would cover is not known then.
    """
    text = await project.text(subject.source)
    read = settings.parse(text)
    if read is None:
        return None
    run, past = await both(suites.run(subject.source, ALL), _past(subject, text))
    now = _measured(subject.source, run)
    found = list(_below(now.coverage, run.summary.threshold))
    if past.measured is not None:
        found += await _fallen(read, now, past.measured, past.words)
    return verdict.judge(
        Look(tuple(found), files=now.coverage.files),
        read,
        waivers.addressed(waivers.parse(text), (NAME,), found),
        scanner=f"coverage of all: {_percent(now.coverage)}; {past}",
        feed="",
        today=dt.datetime.now(dt.UTC).date(),
        tools=(NAME,),
    )


async def _past(subject: Subject, text: str) -> Past:
    """Return what the suite covered at the baseline; what has not changed since runs once, and not here again."""
    reference = baseline.reference(text, subject.since)
    if not reference:
        return Past(f"{FILE} has no [{BASELINE}]")
    base = await baseline.find(subject.git, reference)
    where = f"{base.commit[:_SHORT]} of {base.reference}"
    try:
        return Past(where, _measured(base.source, await suites.run(base.source, ALL)))
    except CiError as error:
        reason = str(error).partition("\n")[0]
        return Past(f"at {where}, {reason}")


def _measured(source: dagger.Directory, run: SuiteRun) -> Measured:
    """Return what a suite covers. Raises SuiteError where it is red, or nothing is measured."""
    summary = run.summary
    if summary.failed or summary.coverage is None or run.merged is None:
        raise SuiteError(
            f"the suite is red, and what it covers not known: {table.verdict(summary)}",
            "Mend the tests first: `dagger call test` shows them.",
        )
    return Measured(source, summary.coverage, run.merged)


def _below(coverage: Coverage, threshold: float) -> Iterator[Finding]:
    if coverage.percent < threshold:
        yield _finding(
            "threshold",
            f"coverage of all is {coverage}, and has to be at least {threshold:g} %",
            "`dagger call -o report test-report` shows in merged/html what no test runs: test it; "
            f"how much it has to be is {TABLE}.test.coverage-threshold in {FILE}",
        )


async def _fallen(
    read: CoverageSettings, now: Measured, past: Measured, where: str
) -> list[Finding]:
    """Return that coverage is lower than it was and where, nothing if it is not."""
    if past.coverage.percent - now.coverage.percent <= read.tolerance:
        return []
    texts = await both(suite.lines(now.merged), suite.lines(past.merged))
    present, before = map(lines.parse, texts)
    places = [path for path, entry in present.items() if entry not in (NOTHING, before.get(path))]
    added = await together(
        [_newly(path, now, past, before.get(path, NOTHING), present[path]) for path in places]
    )
    uncovered = [
        finding
        for path, entry in zip(places, added, strict=True)
        for finding in _lines(path, entry)
    ]
    remedy = "test the lines that are named with it"
    if not uncovered:
        remedy = (
            "no line is newly uncovered: code that was covered is gone; test some of what is left"
        )
    said = (
        f"coverage of all is {_percent(now.coverage)}, and was {_percent(past.coverage)} at {where}"
    )
    return [_finding("fell", said, remedy), *uncovered]


async def _newly(
    path: str, now: Measured, past: Measured, was: Uncovered, entry: Uncovered
) -> Uncovered:
    after = await now.source.file(path).contents()
    there = await past.source.exists(path)
    before = await past.source.file(path).contents() if there else ""
    return lines.newly(before, after, was, entry)


def _lines(path: str, entry: Uncovered) -> Iterator[Finding]:
    for first, last in lines.ranges(entry.missing):
        which = f"line {first} runs" if first == last else f"lines {first} to {last} run"
        yield _finding("uncovered", f"{which} in no test", _UNCOVERED, path, first)
    for line in sorted(entry.partial):
        said = f"line {line} goes one way only in tests"
        yield _finding("uncovered", said, _UNCOVERED, path, line)


def _finding(rule: str, message: str, remedy: str, path: str = "", line: int = 0) -> Finding:
    return Finding(
        kind=Kind.COVERAGE,
        id=rule,
        severity=Severity.MEDIUM if path else Severity.HIGH,
        target=_TARGET,
        path=path,
        line=line,
        message=message,
        remedy=remedy,
        tool=NAME,
    )


def _percent(coverage: Coverage) -> str:
    return f"{coverage.percent:.2f} %"
