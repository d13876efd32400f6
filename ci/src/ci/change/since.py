"""Gates on what is new alone: judged on the source and on its baseline, and the one held beside the other."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import dagger

from ci import baseline, known, program
from ci.baseline import Baseline
from ci.change.narrowing import Beside, narrowed
from ci.errors import CiError, SettingsError
from ci.settings import FILE
from ci.subject import Subject
from ci.together import both
from ci.verdict import Verdict

Judge = Callable[[Subject], Awaitable[Verdict | None]]
"""As `ci.gates` has it."""

_BEFORE: Final = "/before"
_AFTER: Final = "/after"
_CHANGES: Final = "/changes.json"


@dataclass(frozen=True, slots=True)
class Change:
    """HEAD's commit, the baseline, the paths that differ, and the new paths of renamed files by their old ones."""

    commit: str
    baseline: Baseline
    changed: frozenset[str]
    renamed: Mapping[str, str]


async def find(subject: Subject) -> Change | None:
    """Return how a source differs from its baseline, None where everything is asked for.

    Raises SelectionError for a reference without a baseline.
    """
    return await _find(subject.git, subject.source, subject.since) if subject.since else None


@known.shared
async def _find(git: dagger.GitRepository, source: dagger.Directory, reference: str) -> Change:
    base, commit = await both(baseline.find(git, reference), git.head().commit())
    found = (
        (await program.container("changes"))
        .with_mounted_directory(_BEFORE, base.source)
        .with_mounted_directory(_AFTER, source)
        .with_exec(["--renamed", _BEFORE, _AFTER], use_entrypoint=True, redirect_stdout=_CHANGES)
    )
    document = json.loads(await found.file(_CHANGES).contents())
    return Change(commit, base, frozenset(document["changed"]), document["renamed"])


def narrowing(judge: Judge, change: Change | None) -> Judge:
    """Return a gate's function that tells what is new alone; the function itself where there is no change.

    The baseline is judged by its own settings, with its own tools, as of today: what a change of those brings is new.
    Where it cannot be judged, everything is new. A gate that the change turns off raises SettingsError: it holds
    nothing against the change, which is no pass.
    """
    if change is None:
        return judge

    async def judged(subject: Subject) -> Verdict | None:
        base = change.baseline
        here = replace(subject, commit=change.commit, changed=change.changed)
        # What is looked at beside the source has no baseline: all of it is new.
        there = replace(here, source=base.source, commit=base.commit, image=None)
        now, (before, trouble, on) = await both(judge(here), _before(there, judge))
        if now is not None:
            return narrowed(now, Beside(before, str(base), change.renamed, trouble))
        if on:
            raise SettingsError(
                f"the change turns this gate off: it is on at {base}",
                f"Leave its table in {FILE}; where that is meant, merge it by itself, without this gate.",
            )
        return None

    return judged


async def _before(subject: Subject, judge: Judge) -> tuple[Verdict | None, str, bool]:
    """Return the verdict on the baseline, why there is none, and whether the gate is on there, if one can tell."""
    try:
        found = await judge(subject)
    except (CiError, dagger.QueryError) as error:
        first = str(error).strip().partition("\n")[0]
        return None, f"it cannot be judged ({first})", not isinstance(error, SettingsError)
    on = found is not None
    return found, "" if on else "the gate is off there", on
