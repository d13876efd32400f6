"""What a change does to coverage: that of all cells of the suite together, at the baseline and now."""

from dataclasses import dataclass

import dagger

from ci import suites
from ci.change.since import Change
from ci.matrix import ALL
from ci.results import Summary
from ci.together import both


@dataclass(frozen=True, slots=True)
class Difference:
    """Coverage in percent; None where nothing was measured."""

    before: float | None
    now: float | None


def difference(before: Summary, now: Summary) -> Difference:
    """Return the coverage of two runs of the suite."""
    return Difference(
        before.coverage.percent if before.coverage is not None else None,
        now.coverage.percent if now.coverage is not None else None,
    )


def render(found: Difference) -> str:
    """Return it in Markdown."""
    texts = ["none" if value is None else f"{value:.1f} %" for value in (found.before, found.now)]
    line = f"{texts[0]} before, {texts[1]} now"
    if found.before is not None and found.now is not None:
        line += f" ({found.now - found.before:+.1f})"
    return line


async def compared(source: dagger.Directory, change: Change) -> str:
    """Run the suite on both sides, and return its coverage in Markdown. Raises SettingsError."""
    before, now = await both(suites.run(change.baseline.source, ALL), suites.run(source, ALL))
    return render(difference(before.summary, now.summary))
