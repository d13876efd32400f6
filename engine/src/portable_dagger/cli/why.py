"""`dagger why [RUN] [STEP]`: why a step ran, was cached or was slow; the runs on record and their steps."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from portable_dagger.cli.progress import seconds
from portable_dagger.cli.prune import ago, ask, table
from portable_dagger.errors import CommandLineError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given

MOST_WORDS = 2


def run(given: Given, arguments: list[str]) -> int:
    """Answer for a step; without one list steps or runs."""
    if len(arguments) > MOST_WORDS:
        raise CommandLineError(
            "dagger why: a run and a step are wanted", "write a step's name in quotes"
        )
    facts = ask("POST", "/why", {"words": arguments, "workdir": os.getcwd()})
    sys.stdout.write(json.dumps(facts, indent=4) + "\n" if "json" in given else text(facts))
    return 0


def text(facts: dict[str, Any]) -> str:
    """Return an answer for people."""
    if "why" in facts:
        lines = _why(facts["why"])
    elif "steps" in facts:
        lines = _steps(facts["run"], facts["steps"])
    else:
        lines = _runs(facts["runs"], time.time())
    return "\n".join(lines) + "\n"


def _why(why: dict[str, Any]) -> list[str]:
    step = why["step"]
    head = f"{step['name']} (run {why['run'][:8]}, step {step['step']}) {_verdict(why)}"
    lines = [head, *(f"  - {reason}" for reason in why["reasons"])]
    if why["earlier"] and why["verdict"] != "cached":
        earlier = why["earlier"]
        lines.append(f"  compared with run {earlier['run'][:8]}, step {earlier['step']}")
    return [*lines, *(f"  {told}" for told in why["times"])]


def _verdict(why: dict[str, Any]) -> str:
    if why["verdict"] == "failed":
        return f"ran and failed ({why['step']['error'].splitlines()[0]}), because:"
    return f"{'was cached' if why['verdict'] == 'cached' else 'ran'}, because:"


def _steps(run: dict[str, Any], steps: list[dict[str, Any]]) -> list[str]:
    rows = [
        (str(step["step"]), step["kind"], _state(step), f"{_indent(step, steps)}{step['name']}")
        for step in steps
    ]
    return [f"run {run['run'][:8]}: {run['command']}", *table(("STEP", "KIND", "", "WHAT"), rows)]


def _state(step: dict[str, Any]) -> str:
    if step["error"] is not None:
        return f"failed {seconds(step['duration'])}"
    return "cached" if step["cached"] else seconds(step["duration"])


def _indent(step: dict[str, Any], steps: list[dict[str, Any]]) -> str:
    parents = {other["step"]: other["parent"] for other in steps}
    depth, here = 0, step["parent"]
    while here is not None:
        depth, here = depth + 1, parents.get(here)
    return "  " * depth


def _runs(runs: list[dict[str, Any]], now: float) -> list[str]:
    if not runs:
        return ["no run is on record yet"]
    rows = [
        (
            found["run"][:8],
            ago(now - found["started"]),
            "" if found["duration"] is None else seconds(found["duration"]),
            str(found["steps"]),
            str(found["cached"]),
            str(found["failed"]),
            found["command"] or found["workdir"],
        )
        for found in runs
    ]
    return table(("RUN", "WHEN", "TOOK", "STEPS", "CACHED", "FAILED", "COMMAND"), rows)
