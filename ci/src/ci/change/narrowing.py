"""What findings are new and which are fixed, of two verdicts. Pure.

Findings are the same where their fingerprints are, to which lines do not matter; those that share one are counted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from ci.findings import Finding, Look
from ci.inspection import mypy
from ci.tools import COVERAGE, CRASH, PYTEST
from ci.verdict import Narrowing, Verdict
from ci.waivers import Division

_BLIND: Final = frozenset({(PYTEST, CRASH), (mypy.NAME, mypy.SYNTAX), (mypy.NAME, mypy.NAMELESS)})
"""Where a tool stops: it has not seen what else there is. That is no pass, however old it is."""

_LOWER: Final = frozenset({(PYTEST, COVERAGE)})
"""What is the same finding however far coverage falls: it is old only where it has not fallen further."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a verdict is held beside: that of the baseline, None where it has none.

    baseline: what that is, in words. renamed: files by their paths at the baseline, with their paths now. trouble: why
    there is no verdict.
    """

    verdict: Verdict | None
    baseline: str
    renamed: Mapping[str, str]
    trouble: str = ""


def narrowed(now: Verdict, beside: Beside) -> Verdict:
    """Return a verdict on what is new.

    New is what fails now and did not fail at the baseline: a finding that a waiver or the settings no longer let pass,
    too, and always that a tool stopped; so is coverage that falls further below what it has to be. A waiver that has
    expired is the change's fault only where the baseline has not got it.
    """
    before = beside.verdict
    if before is None:
        narrowing = Narrowing(baseline=beside.baseline, trouble=beside.trouble)
        return replace(now, division=replace(now.division, unmatched=()), narrowing=narrowing)
    failing = [_moved(each, beside.renamed) for each in before.division.counting]
    waived = [_moved(each, beside.renamed) for each, _ in before.division.waived]
    tolerated = [_moved(each, beside.renamed) for each in before.tolerated]
    waivers = {each.fingerprint: waiver for each, waiver in now.division.waived}
    never = _BLIND | _LOWER if _fell(before.look, now.look) else _BLIND
    seeing = [each for each in failing if (each.tool, each.id) not in never]
    counting = beyond(now.division.counting, seeing)
    division = Division(
        counting=counting,
        waived=tuple(
            (each, waivers[each.fingerprint])
            for each in beyond([each for each, _ in now.division.waived], failing + waived)
        ),
        expired=tuple(
            waiver for waiver in now.division.expired if waiver not in before.division.expired
        ),
        # A gate that looks at a part of the source does not see what they are for.
        unmatched=(),
    )
    everything = [judged.finding for judged in now.judged]
    fixed = beyond(failing, everything)
    names = {path: old for old, path in beside.renamed.items()}
    narrowing = Narrowing(
        baseline=beside.baseline,
        older=len(now.division.counting) - len(counting),
        fixed=tuple(_moved(each, names) for each in fixed),
    )
    return replace(
        now,
        division=division,
        tolerated=beyond(now.tolerated, failing + waived + tolerated),
        narrowing=narrowing,
    )


def beyond(findings: Iterable[Finding], known: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that are not among the known ones; of each fingerprint as many as there are more."""
    left = Counter(finding.fingerprint for finding in known)
    found = []
    for finding in findings:
        if left[finding.fingerprint]:
            left[finding.fingerprint] -= 1
        else:
            found.append(finding)
    return tuple(found)


def _fell(before: Look, now: Look) -> bool:
    """Return whether less of the code runs."""
    return before.percent is not None and now.percent is not None and now.percent < before.percent


def _moved(finding: Finding, renamed: Mapping[str, str]) -> Finding:
    return replace(finding, path=renamed.get(finding.path, finding.path))
