"""What the command line asks of the record of runs.

POST /why {"words": [RUN, STEP], "workdir"} ->
    {"runs": […]}            without words: the last runs
    {"run": …, "steps": […]}  for a run
    {"why": …}               for a step, see record.why.explain
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from portable_dagger.errors import NotFoundError
from portable_dagger.record import why

if TYPE_CHECKING:
    from portable_dagger.engine import Engine
    from portable_dagger.record.runs import Run

LISTED = 20
"""How many runs are listed."""


def answer(engine: Engine, words: list[str], workdir: str) -> dict[str, Any]:
    """Answer; NotFoundError when there is no such run or step."""
    runs = engine.runs
    if not words:
        return {"runs": [summary(run) for run in itertools.islice(runs.recent(), LISTED)]}
    run = why.find_run(runs, words[0])
    if run is None and len(words) > 1:
        raise NotFoundError(
            f"no run on record is named {words[0]}", "`./dagger why` lists the runs"
        )
    if run is not None and len(words) == 1:
        return {"run": summary(run), "steps": run.steps}
    run = run or why.latest(runs, workdir)
    step = why.find_step(run, words[-1])
    return {"why": why.explain(why.question(runs, run, step), engine.store)}


def summary(run: Run) -> dict[str, Any]:
    """Return a run in one line."""
    return {
        **run.head,
        "duration": run.duration,
        "steps": len(run.steps),
        "cached": sum(step["cached"] for step in run.steps),
        "failed": sum(step["error"] is not None for step in run.steps),
    }
