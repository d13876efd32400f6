"""Why a step ran, was cached or was slow: it is compared with the same step of the most recent earlier run."""

from __future__ import annotations

import itertools
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.errors import LayerMissingError, NotFoundError
from portable_dagger.record.comparison import Difference, counterpart, differences
from portable_dagger.store.changes import told_apart
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portable_dagger.record.runs import Run, Runs, Step
    from portable_dagger.store.store import Store

LOOKED_AT: Final = 50
"""How many earlier runs are searched for a step."""

NAMED: Final = 8
"""How many changed paths of one kind are named."""

SHORTEST_ID: Final = 4
NOTICED: Final = 0.05
"""Seconds of waiting that are worth a word."""

SLOW: Final = 1.5
"""A step was slow if it took so many times what it took before."""


@dataclass(frozen=True, slots=True)
class Question:
    """A step of a run, and the runs before that one, the newest first."""

    run: Run
    step: Step
    earlier: tuple[Run, ...]


def find_run(runs: Runs, word: str) -> Run | None:
    """Return the run whose name begins with `word`, which has four characters at least."""
    if len(word) < SHORTEST_ID:
        return None
    return next((run for run in runs.recent() if run.id.startswith(word)), None)


def latest(runs: Runs, workdir: str) -> Run:
    """Return the last run that was started in a folder, else the last of all; NotFoundError when there is none."""
    first = None
    for run in runs.recent():
        if run.head["workdir"] == workdir:
            return run
        first = first or run
    if first is None:
        raise NotFoundError("no run is on record", "run something first, such as `./dagger call`")
    return first


def find_step(run: Run, word: str) -> Step:
    """Return the step of a number, of a name, or of a part of one; of several the one that ran.

    NotFoundError when there is none, or several.
    """
    if word.isdigit():
        found = [s for s in run.steps if s["step"] == int(word)]
    else:
        found = [s for s in run.steps if s["name"] == word]
        found = found or [s for s in run.steps if word.casefold() in s["name"].casefold()]
    if len(found) > 1:
        found = [s for s in found if not s["cached"]] or found
    if len({(s["kind"], s["name"]) for s in found}) > 1:
        several = "; ".join(f"{s['step']} {s['name']}" for s in found[:NAMED])
        raise NotFoundError(f"{word!r} fits several steps of run {run.id[:8]}", several)
    if not found:
        raise NotFoundError(
            f"run {run.id[:8]} has no step {word!r}", f"`./dagger why {run.id[:8]}` lists its steps"
        )
    return found[0]


def question(runs: Runs, run: Run, step: Step) -> Question:
    """Gather what answering needs: the earlier runs, those of the same folder first."""
    before = (r for r in runs.recent() if r.head["started"] < run.head["started"])
    found = list(itertools.islice(before, LOOKED_AT))
    found.sort(key=lambda r: r.head["workdir"] != run.head["workdir"])
    return Question(run, step, tuple(found))


def explain(asked: Question, store: Store) -> dict[str, Any]:
    """Return {"run", "step", "verdict", "reasons": [text], "earlier": {"run", "step"} or null, "times": [text]}."""
    step = _complete(asked)
    before = next(_before(asked, step), None)
    if step["cached"]:
        verdict, reasons = "cached", _why_cached(asked, step)
    else:
        verdict = "failed" if step["error"] is not None else "ran"
        reasons = _why_ran(asked, step, before, store)
    return {
        "run": asked.run.id,
        "step": step,
        "verdict": verdict,
        "reasons": reasons,
        "earlier": {"run": before[0].id, "step": before[1]["step"]} if before else None,
        "times": _times(asked, step),
    }


def _before(asked: Question, step: Step) -> Iterator[tuple[Run, Step]]:
    """Yield the same step in earlier runs, where its inputs are known."""
    for run in asked.earlier:
        found = counterpart(step, asked.run, run)
        # What a step of another folder is called alike says nothing.
        here = run.head["workdir"] == asked.run.head["workdir"]
        if found is not None and (here or found["name"] == step["name"]):
            known = _known(found, asked.earlier)
            if known is not None:
                yield run, known


def _complete(asked: Question) -> Step:
    return _known(asked.step, asked.earlier) or asked.step


def _known(step: Step, runs: tuple[Run, ...]) -> Step | None:
    """Return a step with its inputs; one that was remembered has those of the step that made the result."""
    if step.get("inputs"):
        return step
    key = step.get("key")
    for other in (s for run in runs for s in run.steps if key and s.get("key") == key):
        if other.get("inputs"):
            return {**step, "inputs": other["inputs"], "output": other["output"]}
    return None


def _why_cached(asked: Question, step: Step) -> list[str]:
    key = step.get("key")
    for run in (asked.run, *asked.earlier):
        for other in run.steps:
            if key and other.get("key") == key and not other["cached"] and other["error"] is None:
                where = "earlier in this run" if run is asked.run else f"in run {run.id[:8]}"
                text = (
                    f"the same command with the same inputs ran {where} (step {other['step']},"
                    f" {other['duration']:.1f} s): its result was kept"
                )
                return [text]
    return ["the same step with the same inputs was done before, and its result was kept"]


def _why_ran(
    asked: Question, step: Step, before: tuple[Run, Step] | None, store: Store
) -> list[str]:
    inputs = step.get("inputs") or {}
    if inputs.get("cache policy") == "never":
        return ["its function says that its results are never kept"]
    if before is None:
        return ["no earlier run on record has this step: it is the first time"]
    run, old = before
    found = differences(old["inputs"], inputs)
    if not found and not step.get("key"):
        found = differences(old.get("output") or {}, step.get("output") or {})
    if not found:
        return [_unchanged(step, old, run)]
    after = [d for d in found if d.name == "after"]
    told = [text for d in found if d not in after for text in _told(asked, run, d, store)]
    return told or ["the command before it was another one, or ran anew"]


def _unchanged(step: Step, old: Step, run: Run) -> str:
    if not step.get("key"):
        return f"it is done in every run; it gave the same as in run {run.id[:8]}"
    if old["error"] is not None:
        return f"it failed in run {run.id[:8]}, and failures are not kept; its inputs are the same"
    return (
        f"its inputs are the same as in run {run.id[:8]}; the kept result is gone"
        " (pruned, collected, or only for the session)"
    )


def _told(asked: Question, run: Run, difference: Difference, store: Store) -> list[str]:
    if not difference.is_files:
        return [str(difference)]
    told = [
        f"{difference.name}: {made['name']} ran anew (./dagger why {asked.run.id[:8]} {made['step']})"
        for made in _makers(asked, difference)
    ]
    paths = _paths(difference, store)
    if paths:
        told.append(f"{difference.name}: {paths}")
    return told or [
        f"{difference.name}: other files than in run {run.id[:8]}, which are not in the store any more"
    ]


def _makers(asked: Question, difference: Difference) -> list[Step]:
    """Return the commands of this run that made layers which were not there before."""
    new = set(difference.now["layers"]) - set(difference.before["layers"])
    return [
        step
        for step in asked.run.steps
        if not step["cached"]
        and step["step"] != asked.step["step"]
        and new.intersection(((step.get("output") or {}).get("root") or {}).get("layers", [])[-1:])
    ]


def _paths(difference: Difference, store: Store) -> str:
    places = [
        (Snapshot(tuple(value["layers"])), value["path"])
        for value in (difference.before, difference.now)
    ]
    try:
        found = told_apart(store, places[0], places[1])
    except LayerMissingError:
        return ""
    parts = []
    for verb, paths in (
        ("changed", found.modified),
        ("added", found.added),
        ("removed", found.removed),
    ):
        if paths:
            more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
            count = "1 file" if len(paths) == 1 else f"{len(paths)} files"
            parts.append(f"{count} {verb}: {', '.join(paths[:NAMED])}{more}")
    return "; ".join(parts)


def _times(asked: Question, step: Step) -> list[str]:
    """Tell how long it took, what of that was waiting, and how long it took before."""
    if step["cached"]:
        return []
    told = [f"it took {step['duration']:.2f} s"]
    waited = {name: s for name, s in (step.get("waited") or {}).items() if s >= NOTICED}
    told += [f"it waited {seconds:.2f} s for {name}" for name, seconds in waited.items()]
    before = [
        s["duration"] for _, s in _before(asked, step) if not s["cached"] and s["error"] is None
    ]
    if before:
        usual = statistics.median(before)
        slow = ": slow this time" if step["duration"] > max(SLOW * usual, usual + 1) else ""
        often = f" (the median of {len(before)})" if len(before) > 1 else ""
        told.append(f"before, it took {usual:.2f} s{often}{slow}")
    return told
